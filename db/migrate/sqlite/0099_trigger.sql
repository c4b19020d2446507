-- +goose Up
-- Rules of a company that propose an offer, and what they proposed: one suggestion for a rule, a partner and an occasion. Nothing is sent by them. opened is when the reseller first read what stands of a quote.
CREATE TABLE trigger_rule (
  id TEXT PRIMARY KEY, org_id TEXT NOT NULL REFERENCES org(id), name TEXT NOT NULL, about TEXT NOT NULL, condition TEXT NOT NULL, action TEXT NOT NULL, promotion_id TEXT NOT NULL, quiet INTEGER NOT NULL, active INTEGER NOT NULL,
  next_at INTEGER NOT NULL, ran INTEGER NOT NULL, made INTEGER NOT NULL, made_by TEXT NOT NULL, changed INTEGER NOT NULL, version INTEGER NOT NULL
);
CREATE INDEX trigger_rule_of ON trigger_rule (org_id, made);
CREATE INDEX trigger_rule_due ON trigger_rule (active, next_at);
CREATE TABLE suggestion (
  id TEXT PRIMARY KEY, org_id TEXT NOT NULL REFERENCES org(id), rule_id TEXT NOT NULL, rule_name TEXT NOT NULL, about TEXT NOT NULL, condition TEXT NOT NULL, partner_id TEXT NOT NULL, object_id TEXT NOT NULL, object TEXT NOT NULL, occasion TEXT NOT NULL, facts TEXT NOT NULL,
  action TEXT NOT NULL, promotion_id TEXT NOT NULL, state TEXT NOT NULL, until INTEGER NOT NULL, reason TEXT NOT NULL, words TEXT NOT NULL, made INTEGER NOT NULL, decided INTEGER NOT NULL, decided_by TEXT NOT NULL
);
CREATE UNIQUE INDEX suggestion_once ON suggestion (rule_id, partner_id, occasion);
CREATE INDEX suggestion_of ON suggestion (org_id, state, made, id);
ALTER TABLE quote ADD COLUMN opened INTEGER NOT NULL DEFAULT 0;
ALTER TABLE quote ADD COLUMN opened_round INTEGER NOT NULL DEFAULT 0;
