-- +goose Up
-- Mailboxes from which answers come by IMAP: how far each was looked through, by the validity of its UIDs.
CREATE TABLE mail_box (
  id TEXT PRIMARY KEY, validity INTEGER NOT NULL, settled INTEGER NOT NULL
);
