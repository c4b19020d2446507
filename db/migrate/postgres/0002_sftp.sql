-- +goose Up
-- SFTP: logins of a company's own systems, and what they sent that could not be read.
CREATE TABLE sftp_user (
  org_id text NOT NULL REFERENCES org(id), id text NOT NULL, name text NOT NULL UNIQUE, password text NOT NULL, public_keys text NOT NULL, made_by text NOT NULL,
  created bigint NOT NULL, used bigint NOT NULL, PRIMARY KEY (org_id, id)
);
CREATE TABLE edi_refusal (
  org_id text NOT NULL REFERENCES org(id), id text NOT NULL, name text NOT NULL, size bigint NOT NULL, data bytea, reason text NOT NULL, args text NOT NULL, made bigint NOT NULL,
  PRIMARY KEY (org_id, id), UNIQUE (org_id, name)
);
