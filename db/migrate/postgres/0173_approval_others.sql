-- +goose Up
-- The companies beside the first that an approval is about: of a promotion with several.
ALTER TABLE approval ADD COLUMN others TEXT NOT NULL DEFAULT '';
