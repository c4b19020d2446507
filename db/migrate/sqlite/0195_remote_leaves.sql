-- +goose Up
-- A server at which files that were taken are left where they are.
ALTER TABLE edi_remote ADD COLUMN leaves BOOLEAN NOT NULL DEFAULT FALSE;
