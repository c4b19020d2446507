-- +goose Up
-- Files of many rows: orders, products, cross references. A file is read and applied in steps; read_to and the outcome of a group say where it stands.
CREATE TABLE data_file (
  id TEXT PRIMARY KEY, org_id TEXT NOT NULL REFERENCES org(id), kind TEXT NOT NULL, partnership_id TEXT NOT NULL, name TEXT NOT NULL, hash TEXT NOT NULL, size INTEGER NOT NULL, format TEXT NOT NULL, charset TEXT NOT NULL, delimiter TEXT NOT NULL, sheet TEXT NOT NULL,
  shape TEXT NOT NULL, mapping TEXT NOT NULL, sample TEXT NOT NULL, head TEXT NOT NULL, state TEXT NOT NULL, problem TEXT NOT NULL, read_to INTEGER NOT NULL, read_rows INTEGER NOT NULL, generation INTEGER NOT NULL, known INTEGER NOT NULL,
  lease_by TEXT NOT NULL, lease_until INTEGER NOT NULL, tries INTEGER NOT NULL, turn INTEGER NOT NULL, made INTEGER NOT NULL, made_by TEXT NOT NULL, changed INTEGER NOT NULL
);
CREATE INDEX data_file_due ON data_file (turn) WHERE state IN ('reading', 'applying');
CREATE INDEX data_file_org ON data_file (org_id, kind, made, id);
CREATE TABLE data_row (
  file_id TEXT NOT NULL REFERENCES data_file(id), org_id TEXT NOT NULL REFERENCES org(id), row_no INTEGER NOT NULL, grp TEXT NOT NULL, cells TEXT NOT NULL, fields TEXT NOT NULL, wrong TEXT NOT NULL, doubt TEXT NOT NULL, twice INTEGER NOT NULL, dropped INTEGER NOT NULL,
  PRIMARY KEY (file_id, row_no)
);
CREATE INDEX data_row_group ON data_row (file_id, grp, row_no);
CREATE INDEX data_row_wrong ON data_row (file_id, row_no) WHERE dropped = 0 AND (wrong <> '' OR twice = 1);
CREATE TABLE data_group (
  file_id TEXT NOT NULL REFERENCES data_file(id), org_id TEXT NOT NULL REFERENCES org(id), grp TEXT NOT NULL, position INTEGER NOT NULL, lines INTEGER NOT NULL, outcome TEXT NOT NULL, subject TEXT NOT NULL, label TEXT NOT NULL, problem TEXT NOT NULL,
  PRIMARY KEY (file_id, grp)
);
CREATE INDEX data_group_place ON data_group (file_id, position);
CREATE TABLE data_layout (
  org_id TEXT NOT NULL REFERENCES org(id), kind TEXT NOT NULL, shape TEXT NOT NULL, mapping TEXT NOT NULL, changed INTEGER NOT NULL, PRIMARY KEY (org_id, kind, shape)
);
