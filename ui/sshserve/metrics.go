package sshserve

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// buckets are the upper bounds of the histogram of sessions, in seconds.
var buckets = [...]float64{10, 30, 60, 300, 600, 1800, 3600, 14400}

// meter counts for /metrics.
type meter struct {
	set     *metrics.Set
	begun   *metrics.Counter
	written *metrics.Counter
}

func newMeter(sessions, handshakes func() float64) *meter {
	set := metrics.NewSet()
	set.NewGauge("till_ssh_sessions", sessions)
	set.NewGauge("till_ssh_handshakes", handshakes)
	return &meter{set: set, begun: set.NewCounter("till_ssh_sessions_total"), written: set.NewCounter("till_ssh_written_bytes_total")}
}

func (m *meter) refused(why reason) {
	m.set.GetOrCreateCounter(fmt.Sprintf("till_ssh_refused_total{reason=%q}", string(why))).Inc()
}

func (m *meter) ended(why reason, after time.Duration) {
	m.set.GetOrCreateCounter(fmt.Sprintf("till_ssh_ended_total{reason=%q}", string(why))).Inc()
	for _, bound := range buckets {
		counter := m.bucket(strconv.FormatFloat(bound, 'f', -1, 64))
		if after.Seconds() <= bound {
			counter.Inc()
		}
	}
	m.bucket("+Inf").Inc()
	m.set.GetOrCreateCounter("till_ssh_session_seconds_count").Inc()
	m.set.GetOrCreateFloatCounter("till_ssh_session_seconds_sum").Add(after.Seconds())
}

func (m *meter) bucket(bound string) *metrics.Counter {
	return m.set.GetOrCreateCounter(fmt.Sprintf("till_ssh_session_seconds_bucket{le=%q}", bound))
}

// What a scraper gets of the server's time.
const (
	scrapeTime   = 10 * time.Second
	scrapeHeader = 1 << 13
)

// serveMetrics answers on an address until it is closed. serving tells whether new
// guests are let in.
func serveMetrics(ctx context.Context, address string, m *meter, serving func() bool, log *slog.Logger) (net.Addr, io.Closer, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, nil, cannotListen(address, err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		if !serving() {
			http.Error(w, "stopping", http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "ok\n")
	})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		m.set.WritePrometheus(w)
		metrics.WriteProcessMetrics(w)
		metrics.WriteFDMetrics(w)
	})
	server := &http.Server{
		Handler: mux, ReadTimeout: scrapeTime, WriteTimeout: scrapeTime, IdleTimeout: scrapeTime, MaxHeaderBytes: scrapeHeader,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	go func() { _ = server.Serve(listener) }()
	return listener.Addr(), server, nil
}
