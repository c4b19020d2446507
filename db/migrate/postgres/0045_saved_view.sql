-- +goose Up
-- Filters of a list under a name, a person's own or shared in the company.
CREATE TABLE saved_view (
  id text PRIMARY KEY, org_id text NOT NULL REFERENCES org(id), person_id text NOT NULL REFERENCES person(id), list text NOT NULL, name text NOT NULL, query text NOT NULL, shared bigint NOT NULL, made bigint NOT NULL
);
CREATE UNIQUE INDEX saved_view_name ON saved_view (org_id, list, person_id, name);
