-- +goose Up
-- SFTP: logins of a company's own systems, and what they sent that could not be read.
CREATE TABLE sftp_user (
  org_id TEXT NOT NULL REFERENCES org(id), id TEXT NOT NULL, name TEXT NOT NULL UNIQUE, password TEXT NOT NULL, public_keys TEXT NOT NULL, made_by TEXT NOT NULL,
  created INTEGER NOT NULL, used INTEGER NOT NULL, PRIMARY KEY (org_id, id)
);
CREATE TABLE edi_refusal (
  org_id TEXT NOT NULL REFERENCES org(id), id TEXT NOT NULL, name TEXT NOT NULL, size INTEGER NOT NULL, data BLOB, reason TEXT NOT NULL, args TEXT NOT NULL, made INTEGER NOT NULL,
  PRIMARY KEY (org_id, id), UNIQUE (org_id, name)
);
