-- +goose Up
-- Files of many rows: orders, products, cross references. A file is read and applied in steps; read_to and the outcome of a group say where it stands.
CREATE TABLE data_file (
  id text PRIMARY KEY, org_id text NOT NULL REFERENCES org(id), kind text NOT NULL, partnership_id text NOT NULL, name text NOT NULL, hash text NOT NULL, size bigint NOT NULL, format text NOT NULL, charset text NOT NULL, delimiter text NOT NULL, sheet text NOT NULL,
  shape text NOT NULL, mapping text NOT NULL, sample text NOT NULL, head text NOT NULL, state text NOT NULL, problem text NOT NULL, read_to bigint NOT NULL, read_rows bigint NOT NULL, generation bigint NOT NULL, known bigint NOT NULL,
  lease_by text NOT NULL, lease_until bigint NOT NULL, tries bigint NOT NULL, turn bigint NOT NULL, made bigint NOT NULL, made_by text NOT NULL, changed bigint NOT NULL
);
CREATE INDEX data_file_due ON data_file (turn) WHERE state IN ('reading', 'applying');
CREATE INDEX data_file_org ON data_file (org_id, kind, made, id);
CREATE TABLE data_row (
  file_id text NOT NULL REFERENCES data_file(id), org_id text NOT NULL REFERENCES org(id), row_no bigint NOT NULL, grp text NOT NULL, cells text NOT NULL, fields text NOT NULL, wrong text NOT NULL, doubt text NOT NULL, twice bigint NOT NULL, dropped bigint NOT NULL,
  PRIMARY KEY (file_id, row_no)
);
CREATE INDEX data_row_group ON data_row (file_id, grp, row_no);
CREATE INDEX data_row_wrong ON data_row (file_id, row_no) WHERE dropped = 0 AND (wrong <> '' OR twice = 1);
CREATE TABLE data_group (
  file_id text NOT NULL REFERENCES data_file(id), org_id text NOT NULL REFERENCES org(id), grp text NOT NULL, position bigint NOT NULL, lines bigint NOT NULL, outcome text NOT NULL, subject text NOT NULL, label text NOT NULL, problem text NOT NULL,
  PRIMARY KEY (file_id, grp)
);
CREATE INDEX data_group_place ON data_group (file_id, position);
CREATE TABLE data_layout (
  org_id text NOT NULL REFERENCES org(id), kind text NOT NULL, shape text NOT NULL, mapping text NOT NULL, changed bigint NOT NULL, PRIMARY KEY (org_id, kind, shape)
);
