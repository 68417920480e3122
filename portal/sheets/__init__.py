"""Spreadsheets: a workbook of initiatives comes in, is checked row by row, and goes out again."""
