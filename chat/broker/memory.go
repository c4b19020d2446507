package broker

import (
	"bytes"
	"context"
	"sync"
)

// buffer is how many messages wait for one subscription before they are lost.
const buffer = 4096

// Memory is the broker of one process. Several nodes made in one process may
// share one, as tests do.
type Memory struct {
	mu     sync.RWMutex
	topics map[string]map[*listening]struct{}
	closed bool
	wg     sync.WaitGroup
}

// NewMemory makes an empty broker.
func NewMemory() *Memory {
	return &Memory{topics: map[string]map[*listening]struct{}{}}
}

type listening struct {
	broker *Memory
	topic  string
	fn     func([]byte)

	mu      sync.Mutex
	queue   [][]byte
	running bool // a goroutine is handing out the queue
	stopped bool
}

// Publish implements Broker.
func (m *Memory) Publish(_ context.Context, topic string, data []byte) error {
	if err := CheckTopic(topic); err != nil {
		return err
	}
	if len(data) > MaxData {
		return ErrSize
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.closed {
		return ErrClosed
	}
	if len(m.topics[topic]) == 0 {
		return nil
	}
	data = bytes.Clone(data)
	for l := range m.topics[topic] {
		l.push(data)
	}
	return nil
}

// Subscribe implements Broker.
func (m *Memory) Subscribe(topic string, h func([]byte)) (Subscription, error) {
	if err := CheckTopic(topic); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, ErrClosed
	}
	l := &listening{broker: m, topic: topic, fn: h}
	set := m.topics[topic]
	if set == nil {
		set = map[*listening]struct{}{}
		m.topics[topic] = set
	}
	set[l] = struct{}{}
	return l, nil
}

// Close implements Broker.
func (m *Memory) Close() error {
	m.mu.Lock()
	var all []*listening
	if !m.closed {
		m.closed = true
		for _, set := range m.topics {
			for l := range set {
				all = append(all, l)
			}
		}
		m.topics = nil
	}
	m.mu.Unlock()
	for _, l := range all {
		l.end()
	}
	m.wg.Wait()
	return nil
}

// push queues one message and starts the goroutine that hands out, which ends
// when the queue is empty: an idle subscription costs none.
func (l *listening) push(data []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped || len(l.queue) >= buffer {
		return
	}
	l.queue = append(l.queue, data)
	if !l.running {
		l.running = true
		l.broker.wg.Add(1)
		go l.run()
	}
}

func (l *listening) run() {
	defer l.broker.wg.Done()
	for {
		l.mu.Lock()
		if l.stopped || len(l.queue) == 0 {
			l.running, l.queue = false, nil
			l.mu.Unlock()
			return
		}
		data := l.queue[0]
		l.queue = l.queue[1:]
		l.mu.Unlock()
		l.fn(data)
	}
}

// end stops handing out without waiting for a handler that runs.
func (l *listening) end() {
	l.mu.Lock()
	l.stopped, l.queue = true, nil
	l.mu.Unlock()
}

// Stop implements Subscription.
func (l *listening) Stop() {
	m := l.broker
	m.mu.Lock()
	if set := m.topics[l.topic]; set != nil {
		delete(set, l)
		if len(set) == 0 {
			delete(m.topics, l.topic)
		}
	}
	m.mu.Unlock()
	l.end()
}
