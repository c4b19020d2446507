-- +goose Up
-- What a mail is about: mails about the same are one thread of the reader's.
ALTER TABLE mail ADD COLUMN thread TEXT NOT NULL DEFAULT '';
