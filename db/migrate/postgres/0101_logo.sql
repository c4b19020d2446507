-- +goose Up
-- The logo of a company: a picture that was drawn anew, among the payloads by its hash.
CREATE TABLE company_logo (
  org_id text PRIMARY KEY REFERENCES org(id), hash text NOT NULL, width bigint NOT NULL, height bigint NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL
);
