-- +goose Up
-- Why a promotion was settled without all reports of its window, and without which.
ALTER TABLE promotion ADD COLUMN waived text NOT NULL DEFAULT '';
