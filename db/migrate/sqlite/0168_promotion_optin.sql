-- +goose Up
-- A proposal that the owner's own rules keep back: the request that decides. And people who asked for mail on a public page: each is written to only after the address was confirmed by a link.
ALTER TABLE promotion ADD COLUMN approval TEXT NOT NULL DEFAULT '';
CREATE TABLE mail_optin (
  id TEXT NOT NULL PRIMARY KEY, org_id TEXT NOT NULL REFERENCES org(id), address TEXT NOT NULL, contact_id TEXT NOT NULL, page_id TEXT NOT NULL, language TEXT NOT NULL, consent TEXT NOT NULL, consent_mark TEXT NOT NULL, wish_id TEXT NOT NULL,
  asked INTEGER NOT NULL, asked_from TEXT NOT NULL, expires INTEGER NOT NULL, confirmed INTEGER NOT NULL, confirmed_from TEXT NOT NULL
);
CREATE INDEX mail_optin_address ON mail_optin (org_id, address);
CREATE INDEX mail_optin_wish ON mail_optin (wish_id);
