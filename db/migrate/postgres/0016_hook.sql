-- +goose Up
-- Webhooks out: who wants to be told what, what is on its way, and every try.
CREATE TABLE webhook (
  org_id text NOT NULL REFERENCES org(id), id text NOT NULL UNIQUE, url text NOT NULL, events text NOT NULL, active bigint NOT NULL, secret bytea, old_secret bytea, old_until bigint NOT NULL,
  failing bigint NOT NULL, paused bigint NOT NULL, paused_why text NOT NULL, made_by text NOT NULL, created bigint NOT NULL, changed bigint NOT NULL, PRIMARY KEY (org_id, id)
);
CREATE TABLE webhook_delivery (
  id text PRIMARY KEY, org_id text NOT NULL, webhook_id text NOT NULL, event_id text NOT NULL, kind text NOT NULL, body text NOT NULL, place bigint NOT NULL, state text NOT NULL,
  attempts bigint NOT NULL, fence bigint NOT NULL, next_at bigint NOT NULL, created bigint NOT NULL, settled bigint NOT NULL, UNIQUE (webhook_id, event_id), FOREIGN KEY (org_id, webhook_id) REFERENCES webhook(org_id, id)
);
CREATE TABLE webhook_attempt (
  delivery_id text NOT NULL REFERENCES webhook_delivery(id), number bigint NOT NULL, org_id text NOT NULL, happened bigint NOT NULL, took bigint NOT NULL, status bigint NOT NULL, outcome text NOT NULL, PRIMARY KEY (delivery_id, number)
);
CREATE INDEX webhook_delivery_due ON webhook_delivery (webhook_id, place, id) WHERE state = 'queued';
CREATE INDEX webhook_delivery_list ON webhook_delivery (webhook_id, created, id);
