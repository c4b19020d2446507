-- +goose Up
-- Other people's servers that we fetch from and deliver to, and what was seen there or in a folder.
CREATE TABLE edi_remote (
  org_id TEXT NOT NULL REFERENCES org(id), id TEXT NOT NULL, name TEXT NOT NULL, addr TEXT NOT NULL, login TEXT NOT NULL, sealed BLOB, host_key TEXT NOT NULL,
  in_path TEXT NOT NULL, done_path TEXT NOT NULL, out_path TEXT NOT NULL, every INTEGER NOT NULL, next_at INTEGER NOT NULL, attempts INTEGER NOT NULL, fence INTEGER NOT NULL,
  last_error TEXT NOT NULL, checked INTEGER NOT NULL, made_by TEXT NOT NULL, created INTEGER NOT NULL, PRIMARY KEY (org_id, id), UNIQUE (org_id, name)
);
CREATE INDEX edi_remote_due ON edi_remote (next_at);
CREATE TABLE edi_pickup (
  org_id TEXT NOT NULL REFERENCES org(id), source TEXT NOT NULL, name TEXT NOT NULL, size INTEGER NOT NULL, changed INTEGER NOT NULL, sha256 TEXT NOT NULL, state TEXT NOT NULL, seen INTEGER NOT NULL,
  PRIMARY KEY (org_id, source, name)
);
