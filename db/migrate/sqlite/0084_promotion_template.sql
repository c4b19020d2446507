-- +goose Up
-- Terms that a company keeps to begin promotions from, without dates.
CREATE TABLE promotion_template (
  id TEXT PRIMARY KEY, owner_id TEXT NOT NULL REFERENCES org(id), name TEXT NOT NULL, body TEXT NOT NULL, made INTEGER NOT NULL, made_by TEXT NOT NULL
);
CREATE UNIQUE INDEX promotion_template_name ON promotion_template (owner_id, name);
