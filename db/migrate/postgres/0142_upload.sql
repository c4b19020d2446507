-- +goose Up
-- Files that people bring, apart from payloads, which are never deleted. marked is when nothing named the bytes any more, 0 for those that something names.
CREATE TABLE upload (
  hash TEXT PRIMARY KEY, size BIGINT NOT NULL, place TEXT NOT NULL, data BYTEA, created BIGINT NOT NULL, marked BIGINT NOT NULL
);
CREATE INDEX room_file_hash ON room_file (hash);
CREATE INDEX room_file_org ON room_file (org_id);
CREATE INDEX forum_file_hash ON forum_file (hash);
CREATE INDEX forum_file_org ON forum_file (org_id);
CREATE INDEX library_version_hash ON library_version (hash);
CREATE INDEX deal_file_hash ON deal_file (hash);
CREATE INDEX deal_file_org ON deal_file (org_id);
CREATE INDEX fund_file_hash ON fund_file (hash);
CREATE INDEX fund_file_org ON fund_file (org_id);
CREATE INDEX data_file_hash ON data_file (hash);
CREATE INDEX company_logo_hash ON company_logo (hash);
