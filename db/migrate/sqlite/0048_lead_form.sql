-- +goose Up
-- The public form of a company that makes leads: its address, and what stands on it.
CREATE TABLE lead_form (
  org_id TEXT PRIMARY KEY REFERENCES org(id), token TEXT NOT NULL UNIQUE, secret TEXT NOT NULL, active INTEGER NOT NULL, title TEXT NOT NULL, intro TEXT NOT NULL, consent TEXT NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL, version INTEGER NOT NULL
);
