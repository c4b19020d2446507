-- +goose Up
-- When the documents of a line that waited for its day showed that it does not count: it is no part of what the limit counts since.
ALTER TABLE promotion_line ADD COLUMN freed INTEGER NOT NULL DEFAULT 0;
UPDATE promotion_line SET free = 0 WHERE free = 1 AND granted = 0 AND reason NOT LIKE 'free%';
