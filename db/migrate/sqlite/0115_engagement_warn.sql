-- +goose Up
-- When the invited company was told that its time to answer ends (0: not yet).
ALTER TABLE engagement_seat ADD COLUMN warned INTEGER NOT NULL DEFAULT 0;
