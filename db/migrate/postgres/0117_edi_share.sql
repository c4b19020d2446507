-- +goose Up
-- Links that show one document of an interchange without its prices to people who have no sign-in. token is the SHA-256 of what stands in the address; 0 is never.
CREATE TABLE edi_share (
  id text PRIMARY KEY, interchange_id text NOT NULL REFERENCES interchange(id), position bigint NOT NULL, org_id text NOT NULL REFERENCES org(id), token text NOT NULL, note text NOT NULL, made bigint NOT NULL, made_by text NOT NULL,
  expires bigint NOT NULL, revoked bigint NOT NULL, revoked_by text NOT NULL, opened bigint NOT NULL, opened_at bigint NOT NULL
);
CREATE UNIQUE INDEX edi_share_token ON edi_share (token);
CREATE INDEX edi_share_org ON edi_share (org_id, made);
CREATE INDEX edi_share_of ON edi_share (interchange_id, org_id);
