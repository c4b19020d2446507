-- +goose Up
-- Why a promotion was settled without all reports of its window, and without which.
ALTER TABLE promotion ADD COLUMN waived TEXT NOT NULL DEFAULT '';
