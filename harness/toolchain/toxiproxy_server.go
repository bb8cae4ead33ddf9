// Toxiproxy's own server with a lock on its control port.
//
// Upstream's API takes orders from every user of the machine. With HARNESS_TOKEN in its
// environment this one takes them only from who knows the token (HTTP basic authentication, the
// token is the password) and from no page in a browser (no request with an Origin). Without
// the variable it is open, as upstream's is. Proxies, toxics and routes are upstream's, untouched.
package main

import (
	"crypto/subtle"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/Shopify/toxiproxy/v2/collectors"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
)

func main() {
	host := flag.String("host", "localhost", "host of the control port")
	port := flag.String("port", "8474", "control port")
	config := flag.String("config", "", "JSON file with proxies to create at start")
	proxyMetrics := flag.Bool("proxy-metrics", false, "count bytes a proxy at /metrics")
	version := flag.Bool("version", false, "print the version")
	flag.Parse()
	if *version {
		fmt.Printf("toxiproxy-server version %s, takes a control token\n", toxiproxy.Version)
		return
	}

	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), logger())
	if *proxyMetrics {
		server.Metrics.ProxyMetrics = collectors.NewProxyMetricCollectors()
	}
	if *config != "" {
		server.PopulateConfig(*config)
	}
	control := http.Server{
		Addr:    net.JoinHostPort(*host, *port),
		Handler: locked(os.Getenv("HARNESS_TOKEN"), server.Routes()),
		// Upstream's own: a removal that hangs is answered after 25 s.
		ReadTimeout:  15 * time.Second,
		WriteTimeout: 30 * time.Second,
		IdleTimeout:  60 * time.Second,
	}
	listener, err := toxiproxy.Listen("tcp", control.Addr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
	go func() {
		fmt.Fprintln(os.Stderr, "error:", control.Serve(listener))
		os.Exit(1)
	}()
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGINT, syscall.SIGTERM)
	<-asked // as upstream: every connection is cut at once
}

// locked lets through who knows the token.
func locked(token string, next http.Handler) http.Handler {
	if token == "" {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, given, _ := r.BasicAuth()
		known := subtle.ConstantTimeCompare([]byte(given), []byte(token)) == 1
		if !known || r.Header.Get("Origin") != "" {
			http.Error(w, `{"error":"need the control token of this run","status":401}`, 401)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// logger writes JSON lines to stdout, from LOG_LEVEL up.
func logger() zerolog.Logger {
	out := zerolog.New(os.Stdout).With().Timestamp().Logger()
	if level, err := zerolog.ParseLevel(os.Getenv("LOG_LEVEL")); err == nil {
		return out.Level(level)
	}
	return out
}
