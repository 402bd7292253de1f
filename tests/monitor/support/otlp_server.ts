// An OTLP/HTTP endpoint that records requests, in the JSON encoding.
// https://opentelemetry.io/docs/specs/otlp/#otlphttp

/** An OTLP attribute value. */
type AnyValue = Readonly<Record<string, unknown>>;

interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

/** The instrumentation scope of spans or metrics, and its schema. */
export interface OtlpScope {
  readonly name: string;
  readonly version?: string;
  readonly schemaUrl?: string;
}

/** A span, with its attributes as a record. */
export interface OtlpSpan {
  readonly scope: OtlpScope;
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly status: { readonly code?: number; readonly message?: string };
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly events: readonly { readonly name: string }[];
}

/** One data point of a metric. */
export interface OtlpPoint {
  readonly scope: OtlpScope;
  readonly metric: string;
  readonly unit: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** The value of a counter or gauge, or the count of a histogram. */
  readonly value: number;
}

/** A running endpoint. */
export interface OtlpServer extends AsyncDisposable {
  readonly url: string;
  readonly spans: OtlpSpan[];
  readonly points: OtlpPoint[];
}

/** Starts an endpoint on a free port. */
export function startOtlpServer(): OtlpServer {
  const spans: OtlpSpan[] = [];
  const points: OtlpPoint[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const body = await new Response(
      request.headers.get("content-encoding") === "gzip"
        ? request.body!.pipeThrough(new DecompressionStream("gzip"))
        : request.body,
    ).json();
    const { pathname } = new URL(request.url);
    if (pathname === "/v1/traces") spans.push(...spansOf(body));
    else if (pathname === "/v1/metrics") points.push(...pointsOf(body));
    else return new Response(null, { status: 404 });
    return Response.json({});
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    spans,
    points,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function attributesOf(pairs: readonly KeyValue[] = []): Record<string, unknown> {
  return Object.fromEntries(pairs.map(({ key, value }) => {
    const [type = "", content] = Object.entries(value)[0] ?? [];
    return [key, type === "intValue" ? Number(content) : content];
  }));
}

interface RawScope {
  readonly scope: { readonly name: string; readonly version?: string };
  readonly schemaUrl?: string;
}

function scopeOf({ scope: { name, version }, schemaUrl }: RawScope): OtlpScope {
  return {
    name,
    ...(version === undefined ? {} : { version }),
    ...(schemaUrl === undefined ? {} : { schemaUrl }),
  };
}

interface RawSpan extends Omit<OtlpSpan, "attributes"> {
  readonly attributes?: readonly KeyValue[];
}

interface TraceRequest {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly (RawScope & { readonly spans: readonly RawSpan[] })[];
  }[];
}

function spansOf({ resourceSpans }: TraceRequest): OtlpSpan[] {
  return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans)
    .flatMap((scoped) => scoped.spans.map((span) => ({ ...span, scope: scopeOf(scoped) })))
    .map((span) => ({
      ...span,
      parentSpanId: span.parentSpanId ?? "",
      links: span.links ?? [],
      events: span.events ?? [],
      attributes: attributesOf(span.attributes),
    }));
}

interface RawPoint {
  readonly attributes?: readonly KeyValue[];
  readonly asInt?: string;
  readonly asDouble?: number;
  readonly count?: string;
}

interface RawMetric {
  readonly name: string;
  readonly unit: string;
  readonly sum?: { readonly dataPoints: readonly RawPoint[] };
  readonly gauge?: { readonly dataPoints: readonly RawPoint[] };
  readonly histogram?: { readonly dataPoints: readonly RawPoint[] };
}

interface MetricsRequest {
  readonly resourceMetrics: readonly {
    readonly scopeMetrics: readonly (RawScope & { readonly metrics: readonly RawMetric[] })[];
  }[];
}

function pointsOf({ resourceMetrics }: MetricsRequest): OtlpPoint[] {
  return resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics)
    .flatMap((scoped) => scoped.metrics.map((metric) => ({ ...metric, scope: scopeOf(scoped) })))
    .flatMap(({ scope, name, unit, sum, gauge, histogram }) =>
      (sum ?? gauge ?? histogram)!.dataPoints.map((point) => ({
        scope,
        metric: name,
        unit,
        attributes: attributesOf(point.attributes),
        value: Number(point.asInt ?? point.asDouble ?? point.count),
      }))
    );
}
