package app

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"entente/prm/access"
	"entente/prm/fault"
)

// metrics are served on an address of their own, never beside the portal. They
// count and time; they name no company.
type metrics struct {
	reg    *prometheus.Registry
	took   *prometheus.HistogramVec
	server *http.Server
}

func newMetrics(a *App) *metrics {
	m := &metrics{reg: prometheus.NewRegistry()}
	m.took = prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "entente_http_seconds", Help: "Time to answer a request, by route and status.", Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}}, []string{"method", "route", "status"})
	m.reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), m.took)
	operator := access.Actor{Person: "metrics", Operator: true, Via: "system:metrics"}
	interchanges := prometheus.NewDesc("entente_interchanges", "Interchanges by state.", []string{"state"}, nil)
	waiting := prometheus.NewDesc("entente_outbox_waiting", "Interchanges made and not yet fetched.", nil, nil)
	connections := prometheus.NewDesc("entente_live_connections", "Open live connections.", nil, nil)
	m.reg.MustRegister(collector{append([]*prometheus.Desc{interchanges, waiting, connections}, callDescs()...), func(ch chan<- prometheus.Metric) {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		if s, err := a.gateway.Stats(ctx, operator); err == nil {
			for state, n := range s.States {
				ch <- prometheus.MustNewConstMetric(interchanges, prometheus.GaugeValue, float64(n), string(state))
			}
			ch <- prometheus.MustNewConstMetric(waiting, prometheus.GaugeValue, float64(s.Waiting))
		}
		a.callFigures(ch)
		open, _ := a.live.Hub().Connections("")
		ch <- prometheus.MustNewConstMetric(connections, prometheus.GaugeValue, float64(open))
	}})
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.reg, promhttp.HandlerOpts{}))
	m.server = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	return m
}

var (
	sfuCalls    = prometheus.NewDesc("entente_sfu_calls", "Calls that this node forwards.", nil, nil)
	sfuParties  = prometheus.NewDesc("entente_sfu_parties", "Parties in calls that this node forwards.", nil, nil)
	sfuPackets  = prometheus.NewDesc("entente_sfu_packets_total", "Packets of media that this node handed on.", nil, nil)
	turnPersons = prometheus.NewDesc("entente_turn_persons", "People whose media go through the TURN server.", nil, nil)
	turnOpen    = prometheus.NewDesc("entente_turn_allocations", "Allocations open at the TURN server.", nil, nil)
	mailBoxUp   = prometheus.NewDesc("entente_mail_box_up", "1 while the mailbox of --mail-in-url can be read.", nil, nil)
	mailBoxBad  = prometheus.NewDesc("entente_mail_box_unreadable_total", "Mails of that mailbox that could not be read; the log names their UIDs.", nil, nil)
)

func callDescs() []*prometheus.Desc {
	return []*prometheus.Desc{sfuCalls, sfuParties, sfuPackets, turnPersons, turnOpen, mailBoxUp, mailBoxBad}
}

// callFigures are those of what this node runs for calls, and of the mailbox it reads; what
// is off has none.
func (a *App) callFigures(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, n int) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(n))
	}
	if a.sfu != nil {
		f := a.sfu.Figures()
		gauge(sfuCalls, f.Calls)
		gauge(sfuParties, f.Parties)
		ch <- prometheus.MustNewConstMetric(sfuPackets, prometheus.CounterValue, float64(f.Packets))
	}
	if a.turn != nil {
		f := a.turn.Figures()
		gauge(turnPersons, f.Persons)
		gauge(turnOpen, f.Allocations)
	}
	if a.mailBox != nil {
		up := 1
		if a.mailBox.Err() != nil {
			up = 0
		}
		gauge(mailBoxUp, up)
		ch <- prometheus.MustNewConstMetric(mailBoxBad, prometheus.CounterValue, float64(a.mailBox.Unreadable()))
	}
}

type collector struct {
	descs []*prometheus.Desc
	fn    func(chan<- prometheus.Metric)
}

func (c collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range c.descs {
		ch <- d
	}
}
func (c collector) Collect(ch chan<- prometheus.Metric) { c.fn(ch) }

// observe times requests by route pattern, so that ids never become labels.
func (m *metrics) observe(c *fiber.Ctx) error {
	start := time.Now()
	err := c.Next()
	status := c.Response().StatusCode()
	if err != nil {
		status = fault.CodeOf(err).Status()
		var fe *fiber.Error
		if errors.As(err, &fe) {
			status = fe.Code
		}
	}
	m.took.WithLabelValues(c.Method(), c.Route().Path, strconv.Itoa(status)).Observe(time.Since(start).Seconds())
	return err
}

func (m *metrics) serve(addr string) error {
	m.server.Addr = addr
	if err := m.server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func (m *metrics) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = m.server.Shutdown(ctx)
}
