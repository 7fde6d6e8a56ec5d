"""Triggers that remember whose history was erased, moved or joined to another's, and whose money has another rate."""

from django.db import migrations

BESIDE_MESSAGES = """
    'ad.clicked', 'web.visit', 'store.visit', 'benefit.exposed', 'opportunity.opened',
    'opportunity.stage_changed', 'cart.updated', 'payment_link.sent', 'payment_link.opened', 'order.placed',
    'payment_link.paid', 'order.paid', 'benefit.used', 'opportunity.won', 'opportunity.lost',
    'order.cancelled', 'order.refunded', 'order.ready_for_pickup', 'order.shipped', 'order.picked_up',
    'order.delivered', 'survey.sent', 'survey.answered', 'cost.recorded'
"""
WITH_MONEY = " UNION ".join(
    f"SELECT workspace_id, customer_id FROM metrics_{name}fact"
    for name in ("order", "cart", "link", "opportunity", "cost")
)
CREATE = f"""
CREATE FUNCTION metrics_remember_gone_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO metrics_staleperson (workspace_id, customer_id)
    SELECT DISTINCT workspace_id, coalesce(customer_id, workspace_id) FROM gone WHERE type IN ({BESIDE_MESSAGES});
    RETURN NULL;
END $$;
CREATE TRIGGER metrics_person_gone AFTER DELETE ON conversations_historyevent
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION metrics_remember_gone_person();

CREATE FUNCTION metrics_remember_moved_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO metrics_staleperson (workspace_id, customer_id)
    SELECT OLD.workspace_id, coalesce(moved, OLD.workspace_id) FROM unnest(ARRAY[OLD.customer_id, NEW.customer_id]) AS moved;
    RETURN NULL;
END $$;
CREATE TRIGGER metrics_person_moved AFTER UPDATE OF customer_id ON conversations_historyevent
    FOR EACH ROW WHEN (OLD.customer_id IS DISTINCT FROM NEW.customer_id AND NEW.type IN ({BESIDE_MESSAGES}))
    EXECUTE FUNCTION metrics_remember_moved_person();

CREATE FUNCTION metrics_remember_joined_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO metrics_staleperson (workspace_id, customer_id)
    SELECT NEW.workspace_id, joined FROM unnest(ARRAY[NEW.id, OLD.merged_into_id, NEW.merged_into_id]) AS joined
    WHERE joined IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER metrics_person_joined AFTER UPDATE OF merged_into_id ON conversations_customer
    FOR EACH ROW WHEN (OLD.merged_into_id IS DISTINCT FROM NEW.merged_into_id)
    EXECUTE FUNCTION metrics_remember_joined_person();

CREATE FUNCTION metrics_remember_rate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO metrics_staleperson (workspace_id, customer_id)
    SELECT workspace_id, coalesce(customer_id, workspace_id) FROM ({WITH_MONEY}) AS money
    WHERE workspace_id = coalesce(NEW.workspace_id, OLD.workspace_id);
    RETURN NULL;
END $$;
CREATE TRIGGER metrics_rate_changed AFTER INSERT OR UPDATE OR DELETE ON metrics_exchangerate
    FOR EACH ROW EXECUTE FUNCTION metrics_remember_rate();

CREATE FUNCTION metrics_remember_currency() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO metrics_staleperson (workspace_id, customer_id)
    SELECT workspace_id, coalesce(customer_id, workspace_id) FROM ({WITH_MONEY}) AS money WHERE workspace_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER metrics_currency_changed AFTER UPDATE OF currency, timezone ON hub_workspace
    FOR EACH ROW WHEN (OLD.currency IS DISTINCT FROM NEW.currency OR OLD.timezone IS DISTINCT FROM NEW.timezone)
    EXECUTE FUNCTION metrics_remember_currency();
"""
DROP = """
DROP TRIGGER metrics_currency_changed ON hub_workspace;
DROP TRIGGER metrics_rate_changed ON metrics_exchangerate;
DROP TRIGGER metrics_person_joined ON conversations_customer;
DROP TRIGGER metrics_person_moved ON conversations_historyevent;
DROP TRIGGER metrics_person_gone ON conversations_historyevent;
DROP FUNCTION metrics_remember_currency, metrics_remember_rate, metrics_remember_joined_person,
    metrics_remember_moved_person, metrics_remember_gone_person;
"""


class Migration(migrations.Migration):
    """Hang the triggers on history, people, rates and currency: whom they touch is derived again."""

    replaces = [("metrics", "0006_stale_people")]
    dependencies = [("metrics", "0002_stale_conversations")]
    operations = [migrations.RunSQL(CREATE, DROP)]
