-- +goose Up
-- Until when a server is somebody's at work; next_at says when it is looked at again.
ALTER TABLE edi_remote ADD COLUMN held_until INTEGER NOT NULL DEFAULT 0;
