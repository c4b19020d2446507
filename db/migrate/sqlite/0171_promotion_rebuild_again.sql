-- +goose Up
-- Rebuilds now read the orders of all companies in the order in which they came, and then end one company after the other: one that is under way begins again.
UPDATE promotion_rebuild SET org_id = '', place = '', taken = '{}', done = 0, found = 0, differing = 0, step = step + 1 WHERE state = 'running';
