"""What stands in a database's catalog, as lines that can be compared."""

from collections import Counter

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

OURS = (
    "CREATE TEMPORARY TABLE ours ON COMMIT DROP AS SELECT to_regnamespace(name) AS oid FROM unnest("
)
OURS += "ARRAY['public', 'auth_secret']) name"

QUESTIONS = {
    "schemas": """
        SELECT nspname || ' of ' || nspowner::regrole FROM pg_namespace JOIN ours USING (oid)""",
    "tables": """
        SELECT concat_ws(' ', c.oid::regclass, relkind::text, relowner::regrole, relrowsecurity,
                         relforcerowsecurity, relpersistence::text, reloptions)
        FROM pg_class c JOIN ours ON ours.oid = relnamespace WHERE relkind NOT IN ('i', 'I')""",
    "columns": """
        SELECT concat_ws(' ', attrelid::regclass, a.attnum, attname,
                         format_type(atttypid, atttypmod), attnotnull,
                         attidentity::text, attgenerated::text, pg_get_expr(adbin, adrelid))
        FROM pg_attribute a
        JOIN pg_class c ON c.oid = attrelid AND relkind IN ('r', 'p', 'v', 'm')
        JOIN ours ON ours.oid = relnamespace
        LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE attnum > 0 AND NOT attisdropped""",
    "constraints": """
        SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(x.oid),
                         convalidated)
        FROM pg_constraint x JOIN ours ON ours.oid = connamespace""",
    "indexes": """
        SELECT pg_get_indexdef(indexrelid) || ' valid ' || indisvalid
        FROM pg_index JOIN pg_class c ON c.oid = indexrelid JOIN ours ON ours.oid = relnamespace""",
    "triggers": """
        SELECT pg_get_triggerdef(t.oid) || ' enabled ' || tgenabled::text
        FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid JOIN ours ON ours.oid = relnamespace
        WHERE NOT tgisinternal""",
    "functions": """
        SELECT pg_get_functiondef(p.oid) || ' of ' || proowner::regrole
        FROM pg_proc p JOIN ours ON ours.oid = pronamespace""",
    "policies": """
        SELECT concat_ws(' ', schemaname, tablename, policyname, permissive, roles, cmd, qual,
                         'check', with_check) FROM pg_policies""",
    "grants": """
        SELECT concat_ws(' ', holder, nullif(g.grantee, 0)::regrole, privilege_type, is_grantable)
        FROM (
            SELECT 'schema ' || nspname, nspacl, acldefault('n', nspowner)
            FROM pg_namespace JOIN ours USING (oid)
            UNION ALL
            SELECT c.oid::regclass::text, relacl, acldefault(k, relowner)
            FROM pg_class c JOIN ours ON ours.oid = relnamespace,
                 LATERAL (SELECT CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char") kind (k)
            UNION ALL
            SELECT attrelid::regclass || '.' || attname, attacl, '{}'
            FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
            JOIN ours ON ours.oid = relnamespace
            WHERE attacl IS NOT NULL
            UNION ALL
            SELECT p.oid::regprocedure::text, proacl, acldefault('f', proowner)
            FROM pg_proc p JOIN ours ON ours.oid = pronamespace
        ) held (holder, acl, usual), aclexplode(coalesce(acl, usual)) g""",
}


async def catalog(connection: AsyncConnection) -> dict[str, Counter[str]]:
    """The lines of each question; functions come with their bodies."""
    found = {}
    async with connection.begin_nested() as nested:
        await connection.execute(text(OURS))
        for name, question in QUESTIONS.items():
            lines = (await connection.execute(text(question))).scalars()
            found[name] = Counter(str(line) for line in lines)
        await nested.rollback()
    return found


def differences(here: dict[str, Counter[str]], there: dict[str, Counter[str]]) -> list[str]:
    """What only one of two catalogs holds: "-" for here, "+" for there."""
    found = []
    for name in QUESTIONS:
        found += [f"- {name}: {line}" for line in here[name] - there[name]]
        found += [f"+ {name}: {line}" for line in there[name] - here[name]]
    return sorted(found, key=lambda line: line[2:])
