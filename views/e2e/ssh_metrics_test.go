package e2e

import (
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var metricsURL = regexp.MustCompile(`(http://127\.0\.0\.1:\d+)/metrics`)

// asks gets a page of the server's second port.
func (h *host) asks(path string) (status int, kind, text string) {
	h.Helper()
	base := metricsURL.FindStringSubmatch(h.told.String())
	if base == nil {
		h.Fatalf("where the metrics are was not told: %s", h.told)
	}
	request, err := http.NewRequestWithContext(h.Context(), "GET", base[1]+path, nil)
	if err != nil {
		h.Fatal(err)
	}
	request.Close = true // an open connection would count among the server's
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		h.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		h.Fatal(err)
	}
	return response.StatusCode, response.Header.Get("Content-Type"), string(body)
}

// sample is a line of the metrics: a name, labels perhaps, and a value.
var sample = regexp.MustCompile(`(?m)^(\w+)(?:\{[^}]*\})? (\S+)$`)

// noGauge is the end of a name that tells of something else, or of the most there may be.
var noGauge = regexp.MustCompile(`(?:total|sum|count|bucket|max|limit)$`)

// gauge is the value of the gauge whose name has this in it.
func (h *host) gauge(part string) int {
	h.Helper()
	status, kind, text := h.asks("/metrics")
	if status != http.StatusOK || !strings.HasPrefix(kind, "text/plain") {
		h.Fatalf("%d, %s: %s", status, kind, text)
	}
	for _, found := range sample.FindAllStringSubmatch(text, -1) {
		if name := found[1]; strings.Contains(name, part) && !noGauge.MatchString(name) {
			value, err := strconv.ParseFloat(found[2], 64)
			if err != nil {
				h.Fatalf("%v: %s", err, found[0])
			}
			return int(value)
		}
	}
	h.Fatalf("there is no gauge of %s:\n%s", part, text)
	return 0
}

// metric is the value of the metric of this name.
func (h *host) metric(name string) int {
	h.Helper()
	_, _, text := h.asks("/metrics")
	for _, found := range sample.FindAllStringSubmatch(text, -1) {
		if found[1] == name {
			value, err := strconv.ParseFloat(found[2], 64)
			if err != nil {
				h.Fatalf("%v: %s", err, found[0])
			}
			return int(value)
		}
	}
	h.Fatalf("there is no metric %s:\n%s", name, text)
	return 0
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	h := serveSSH(t, "--metrics", "127.0.0.1:0")
	if status, _, text := h.asks("/healthz"); status != http.StatusOK {
		t.Errorf("%d: %s", status, text)
	}
	for _, path := range []string{"/", "/debug/pprof/", "/debug/vars", "/healthz/../metrics/x"} {
		if status, _, text := h.asks(path); status != http.StatusNotFound {
			t.Errorf("%s: %d: %s", path, status, text)
		}
	}
	if n := h.gauge("sessions"); n != 0 {
		t.Errorf("%d sessions before anybody came", n)
	}
	one, other := h.visits("canary-one", 80, 24), h.visits("canary-other", 80, 24)
	one.sees("12 links")
	other.sees("12 links")
	if n := h.gauge("sessions"); n != 2 {
		t.Errorf("%d sessions, want 2", n)
	}
	if _, _, text := h.asks("/metrics"); strings.Contains(text, "canary") || strings.Contains(text, "127.0.0.1") {
		t.Errorf("the metrics tell who is there:\n%s", text)
	}
	one.quits()
	eventually(t, "one session is left", func() bool { return h.gauge("sessions") == 1 })
	_ = other.client.Close()
	eventually(t, "no session is left", func() bool { return h.gauge("sessions") == 0 })
}

func TestMetricsWhereAnotherListens(t *testing.T) {
	t.Parallel()
	h := serveSSH(t)
	if strings.Contains(h.told.String(), "http") {
		t.Errorf("metrics that nobody asked for: %s", h.told)
	}
	if text := refuses(t, failure, "--addr", "127.0.0.1:0", "--metrics", h.address()); !strings.Contains(text, "in use") {
		t.Errorf("said %q", text)
	}
}
