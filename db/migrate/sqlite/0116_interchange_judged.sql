-- +goose Up
-- When a person had a refused interchange read again: it is judged by what is agreed then
-- (0: by what was agreed when it was received).
ALTER TABLE interchange ADD COLUMN judged_at INTEGER NOT NULL DEFAULT 0;
