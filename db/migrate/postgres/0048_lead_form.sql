-- +goose Up
-- The public form of a company that makes leads: its address, and what stands on it.
CREATE TABLE lead_form (
  org_id text PRIMARY KEY REFERENCES org(id), token text NOT NULL UNIQUE, secret text NOT NULL, active bigint NOT NULL, title text NOT NULL, intro text NOT NULL, consent text NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL, version bigint NOT NULL
);
