-- +goose Up
-- A file that a person uploaded and looks at before it is booked. It is bounded, and gone
-- after a day, or once it was booked or dropped.
CREATE TABLE edi_upload (
  org_id TEXT NOT NULL, id TEXT NOT NULL, person_id TEXT NOT NULL, name TEXT NOT NULL, partner TEXT NOT NULL, sha256 TEXT NOT NULL, size INTEGER NOT NULL,
  state TEXT NOT NULL, report TEXT NOT NULL, answer TEXT NOT NULL, made INTEGER NOT NULL, expires INTEGER NOT NULL,
  PRIMARY KEY (org_id, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX edi_upload_same ON edi_upload (org_id, person_id, sha256, partner) WHERE state = 'waiting';
CREATE INDEX edi_upload_expires ON edi_upload (expires);
CREATE TABLE edi_upload_part (
  org_id TEXT NOT NULL, upload_id TEXT NOT NULL, no INTEGER NOT NULL, data BLOB NOT NULL,
  PRIMARY KEY (org_id, upload_id, no)
);
