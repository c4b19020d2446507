-- +goose Up
-- When a topic was moved into its category; 0: it was made there.
ALTER TABLE forum_topic ADD COLUMN moved INTEGER NOT NULL DEFAULT 0;
