-- +goose Up
-- The address that ends mails of this kind, for the header of RFC 8058. Empty: it has none.
ALTER TABLE mail ADD COLUMN stop TEXT NOT NULL DEFAULT '';
