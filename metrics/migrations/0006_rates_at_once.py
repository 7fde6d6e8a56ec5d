"""Another rate has those derived again whose money it may convert, and many rates have everybody derived again once."""

from django.db import migrations

# A fact's instant is that of its rate; a day begins, somewhere, up to fourteen hours before it does in UTC.
REMEMBER = """
DROP TRIGGER metrics_rate_changed ON metrics_exchangerate;
CREATE OR REPLACE FUNCTION metrics_remember_rate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO metrics_staleperson (workspace_id, customer_id)
    WITH since AS (
        SELECT workspace_id, currency, (min(day) - 1)::timestamp AT TIME ZONE 'UTC' AS at
        FROM changed GROUP BY workspace_id, currency
    )
    SELECT workspace_id, customer_id FROM since JOIN metrics_orderfact USING (workspace_id, currency)
    WHERE coalesce(paid_at, placed_at, at) >= at
    UNION SELECT workspace_id, customer_id FROM since JOIN metrics_cartfact USING (workspace_id) WHERE started_at >= at
    UNION SELECT workspace_id, customer_id FROM since JOIN metrics_linkfact USING (workspace_id) WHERE sent_at >= at
    UNION SELECT workspace_id, customer_id FROM since JOIN metrics_opportunityfact USING (workspace_id)
    WHERE opened_at >= at
    UNION SELECT workspace_id, workspace_id FROM since JOIN metrics_costfact USING (workspace_id);
    RETURN NULL;
END $$;
"""
HANG = "".join(
    f"CREATE TRIGGER metrics_rate_{name} AFTER {event} ON metrics_exchangerate "
    f"REFERENCING {table} TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION metrics_remember_rate();\n"
    for name, event, table in (
        ("added", "INSERT", "NEW"),
        ("replaced", "UPDATE", "OLD"),
        ("changed", "UPDATE", "NEW"),
        ("removed", "DELETE", "OLD"),
    )
)
WITH_MONEY = " UNION ".join(
    f"SELECT workspace_id, customer_id FROM metrics_{name}fact"  # noqa: S608
    for name in ("order", "cart", "link", "opportunity", "cost")
)
BACK = f"""
DROP TRIGGER metrics_rate_added ON metrics_exchangerate;
DROP TRIGGER metrics_rate_replaced ON metrics_exchangerate;
DROP TRIGGER metrics_rate_changed ON metrics_exchangerate;
DROP TRIGGER metrics_rate_removed ON metrics_exchangerate;
CREATE OR REPLACE FUNCTION metrics_remember_rate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO metrics_staleperson (workspace_id, customer_id)
    SELECT workspace_id, coalesce(customer_id, workspace_id) FROM ({WITH_MONEY}) AS money
    WHERE workspace_id = coalesce(NEW.workspace_id, OLD.workspace_id);
    RETURN NULL;
END $$;
CREATE TRIGGER metrics_rate_changed AFTER INSERT OR UPDATE OR DELETE ON metrics_exchangerate
    FOR EACH ROW EXECUTE FUNCTION metrics_remember_rate();
"""  # noqa: S608  names of our own


class Migration(migrations.Migration):
    """Hang the trigger on statements instead of rows."""

    dependencies = [("metrics", "0005_lighter_facts")]
    operations = [migrations.RunSQL(REMEMBER + HANG, BACK)]
