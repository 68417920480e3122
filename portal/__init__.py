"""The portal: agencies share initiatives, referrals and progress against violence against women and
girls.
"""
