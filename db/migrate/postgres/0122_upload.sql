-- +goose Up
-- A file that a person uploaded and looks at before it is booked. It is bounded, and gone
-- after a day, or once it was booked or dropped.
CREATE TABLE edi_upload (
  org_id text NOT NULL, id text NOT NULL, person_id text NOT NULL, name text NOT NULL, partner text NOT NULL, sha256 text NOT NULL, size bigint NOT NULL,
  state text NOT NULL, report text NOT NULL, answer text NOT NULL, made bigint NOT NULL, expires bigint NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX edi_upload_same ON edi_upload (org_id, person_id, sha256, partner) WHERE state = 'waiting';
CREATE INDEX edi_upload_expires ON edi_upload (expires);
CREATE TABLE edi_upload_part (
  org_id text NOT NULL, upload_id text NOT NULL, no bigint NOT NULL, data bytea NOT NULL,
  PRIMARY KEY (org_id, upload_id, no)
);
