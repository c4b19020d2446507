-- +goose Up
-- Webhooks out: who wants to be told what, what is on its way, and every try.
CREATE TABLE webhook (
  org_id TEXT NOT NULL REFERENCES org(id), id TEXT NOT NULL UNIQUE, url TEXT NOT NULL, events TEXT NOT NULL, active INTEGER NOT NULL, secret BLOB, old_secret BLOB, old_until INTEGER NOT NULL,
  failing INTEGER NOT NULL, paused INTEGER NOT NULL, paused_why TEXT NOT NULL, made_by TEXT NOT NULL, created INTEGER NOT NULL, changed INTEGER NOT NULL, PRIMARY KEY (org_id, id)
);
CREATE TABLE webhook_delivery (
  id TEXT PRIMARY KEY, org_id TEXT NOT NULL, webhook_id TEXT NOT NULL, event_id TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL, place INTEGER NOT NULL, state TEXT NOT NULL,
  attempts INTEGER NOT NULL, fence INTEGER NOT NULL, next_at INTEGER NOT NULL, created INTEGER NOT NULL, settled INTEGER NOT NULL, UNIQUE (webhook_id, event_id), FOREIGN KEY (org_id, webhook_id) REFERENCES webhook(org_id, id)
);
CREATE TABLE webhook_attempt (
  delivery_id TEXT NOT NULL REFERENCES webhook_delivery(id), number INTEGER NOT NULL, org_id TEXT NOT NULL, happened INTEGER NOT NULL, took INTEGER NOT NULL, status INTEGER NOT NULL, outcome TEXT NOT NULL, PRIMARY KEY (delivery_id, number)
);
CREATE INDEX webhook_delivery_due ON webhook_delivery (webhook_id, place, id) WHERE state = 'queued';
CREATE INDEX webhook_delivery_list ON webhook_delivery (webhook_id, created, id);
