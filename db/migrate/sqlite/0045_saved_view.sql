-- +goose Up
-- Filters of a list under a name, a person's own or shared in the company.
CREATE TABLE saved_view (
  id TEXT PRIMARY KEY, org_id TEXT NOT NULL REFERENCES org(id), person_id TEXT NOT NULL REFERENCES person(id), list TEXT NOT NULL, name TEXT NOT NULL, query TEXT NOT NULL, shared INTEGER NOT NULL, made INTEGER NOT NULL
);
CREATE UNIQUE INDEX saved_view_name ON saved_view (org_id, list, person_id, name);
