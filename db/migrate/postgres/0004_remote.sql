-- +goose Up
-- Other people's servers that we fetch from and deliver to, and what was seen there or in a folder.
CREATE TABLE edi_remote (
  org_id text NOT NULL REFERENCES org(id), id text NOT NULL, name text NOT NULL, addr text NOT NULL, login text NOT NULL, sealed bytea, host_key text NOT NULL,
  in_path text NOT NULL, done_path text NOT NULL, out_path text NOT NULL, every bigint NOT NULL, next_at bigint NOT NULL, attempts bigint NOT NULL, fence bigint NOT NULL,
  last_error text NOT NULL, checked bigint NOT NULL, made_by text NOT NULL, created bigint NOT NULL, PRIMARY KEY (org_id, id), UNIQUE (org_id, name)
);
CREATE INDEX edi_remote_due ON edi_remote (next_at);
CREATE TABLE edi_pickup (
  org_id text NOT NULL REFERENCES org(id), source text NOT NULL, name text NOT NULL, size bigint NOT NULL, changed bigint NOT NULL, sha256 text NOT NULL, state text NOT NULL, seen bigint NOT NULL,
  PRIMARY KEY (org_id, source, name)
);
