package db

// Waiting counts the callers that wait in a lane for the next commit.
func (d *DB) Waiting(name string) int {
	d.lanesMu.Lock()
	l := d.lanes[name]
	d.lanesMu.Unlock()
	if l == nil {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.waiting)
}
