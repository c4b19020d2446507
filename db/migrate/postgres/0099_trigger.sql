-- +goose Up
-- Rules of a company that propose an offer, and what they proposed: one suggestion for a rule, a partner and an occasion. Nothing is sent by them. opened is when the reseller first read what stands of a quote.
CREATE TABLE trigger_rule (
  id text PRIMARY KEY, org_id text NOT NULL REFERENCES org(id), name text NOT NULL, about text NOT NULL, condition text NOT NULL, action text NOT NULL, promotion_id text NOT NULL, quiet bigint NOT NULL, active bigint NOT NULL,
  next_at bigint NOT NULL, ran bigint NOT NULL, made bigint NOT NULL, made_by text NOT NULL, changed bigint NOT NULL, version bigint NOT NULL
);
CREATE INDEX trigger_rule_of ON trigger_rule (org_id, made);
CREATE INDEX trigger_rule_due ON trigger_rule (active, next_at);
CREATE TABLE suggestion (
  id text PRIMARY KEY, org_id text NOT NULL REFERENCES org(id), rule_id text NOT NULL, rule_name text NOT NULL, about text NOT NULL, condition text NOT NULL, partner_id text NOT NULL, object_id text NOT NULL, object text NOT NULL, occasion text NOT NULL, facts text NOT NULL,
  action text NOT NULL, promotion_id text NOT NULL, state text NOT NULL, until bigint NOT NULL, reason text NOT NULL, words text NOT NULL, made bigint NOT NULL, decided bigint NOT NULL, decided_by text NOT NULL
);
CREATE UNIQUE INDEX suggestion_once ON suggestion (rule_id, partner_id, occasion);
CREATE INDEX suggestion_of ON suggestion (org_id, state, made, id);
ALTER TABLE quote ADD COLUMN opened bigint NOT NULL DEFAULT 0;
ALTER TABLE quote ADD COLUMN opened_round bigint NOT NULL DEFAULT 0;
