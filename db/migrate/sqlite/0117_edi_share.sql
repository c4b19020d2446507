-- +goose Up
-- Links that show one document of an interchange without its prices to people who have no sign-in. token is the SHA-256 of what stands in the address; 0 is never.
CREATE TABLE edi_share (
  id TEXT PRIMARY KEY, interchange_id TEXT NOT NULL REFERENCES interchange(id), position INTEGER NOT NULL, org_id TEXT NOT NULL REFERENCES org(id), token TEXT NOT NULL, note TEXT NOT NULL, made INTEGER NOT NULL, made_by TEXT NOT NULL,
  expires INTEGER NOT NULL, revoked INTEGER NOT NULL, revoked_by TEXT NOT NULL, opened INTEGER NOT NULL, opened_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX edi_share_token ON edi_share (token);
CREATE INDEX edi_share_org ON edi_share (org_id, made);
CREATE INDEX edi_share_of ON edi_share (interchange_id, org_id);
