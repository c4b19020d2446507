-- +goose Up
-- The door by which what we made goes out, where it is no plain outbox: folder, as2 or sftp (the receiver's own server); empty: the outbox, or unknown of what is older.
ALTER TABLE interchange ADD COLUMN way text NOT NULL DEFAULT '';
