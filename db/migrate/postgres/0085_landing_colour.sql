-- +goose Up
-- The colour of a landing page and its flyers, the participant's choice; empty is the first.
ALTER TABLE landing_page ADD COLUMN colour text NOT NULL DEFAULT '';
