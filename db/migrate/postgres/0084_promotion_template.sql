-- +goose Up
-- Terms that a company keeps to begin promotions from, without dates.
CREATE TABLE promotion_template (
  id text PRIMARY KEY, owner_id text NOT NULL REFERENCES org(id), name text NOT NULL, body text NOT NULL, made bigint NOT NULL, made_by text NOT NULL
);
CREATE UNIQUE INDEX promotion_template_name ON promotion_template (owner_id, name);
