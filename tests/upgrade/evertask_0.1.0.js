// deno-fmt-ignore-file
// deno-lint-ignore-file
// EverTask 0.1.0 with its drivers, of which processes are run beside new ones. Made of the release by
//   deno bundle --minify --external postgres --external mssql --external @db/sqlite
// of createEverTask, defineTask, postgresStorage, sqliteStorage and sqlServerStorage. Never change it.
var A=class extends Error{name="EverTaskError"},h=class extends A{name="InvalidArgumentError";argument;value;constructor(e,s,r){super(`${e} is ${et(s)}, but it must ${r}.`),this.argument=e,this.value=s}};function et(t){if(typeof t=="string")return JSON.stringify(t.length>80?`${t.slice(0,77)}...`:t);if(typeof t=="bigint")return`${t}n`;if(t instanceof Date)return Number.isNaN(t.getTime())?"an invalid Date":t.toISOString();if(typeof t=="function")return`the function ${t.name||"(anonymous)"}`;if(typeof t!="object"||t===null)return String(t);try{let e=JSON.stringify(t);return e.length>80?`${e.slice(0,77)}...`:e}catch{return Object.prototype.toString.call(t)}}var Hd=10;function Ae(t){return qa(t,Hd)}function qa(t,e){if(!(t instanceof Error))return`Error: ${et(t)}`;let s=t.stack??`${t.name}: ${t.message}`,r=s.includes(t.message)?s:`${t.name}: ${t.message}
${s}`;return t.cause===void 0||e===0?r:`${r}
Caused by: ${qa(t.cause,e-1)}`}function He(t,e){if(!(Number.isInteger(t)&&t>=1))throw new h(e,t,"be an integer of at least 1")}function fe(t,e,s){if(!e.includes(t))throw new h(s,t,`be one of ${e.join(", ")}`)}function g(t,e,s){if(typeof t!="object"||t===null||Array.isArray(t))throw new h(s,t,`be an object with any of ${e.join(", ")}`);for(let[r,n]of Object.entries(t))if(!e.includes(r))throw new h(`${s}.${r}`,n,`be left out: there are only ${e.join(", ")}`)}function Se(t,e,s){if(!Array.isArray(t))throw new h(s,t,"be a list of texts");for(let[r,n]of t.entries()){let a=`${s}[${r}]`;if(e!==null)fe(n,e,a);else if(typeof n!="string")throw new h(a,n,"be a text")}}function Ha(t,e,s){if(typeof t!="object"||t===null)return g(Wa(t),e,s);let r=Object.entries(t).map(([n,a])=>[n,Wa(a)]);g(Array.isArray(t)?[]:Object.fromEntries(r),e,s)}function Wa(t){return t==null?t:`(a ${typeof t}, not shown)`}var Pa={days:864e5,hours:36e5,minutes:6e4,seconds:1e3,milliseconds:1},$a="be a finite duration of at least 0: milliseconds as a number, or { days, hours, minutes, seconds, milliseconds }";function k(t,e){let s=0;if(typeof t=="number")s=t;else if(typeof t=="object"&&t!==null&&!Array.isArray(t)){let r=Object.entries(t);if(r.length===0)throw new h(e,t,$a);for(let[n,a]of r){let i=Object.hasOwn(Pa,n)?Pa[n]:NaN;s+=typeof a=="number"?i*a:NaN}}else s=NaN;if(!Number.isFinite(s)||s<0)throw new h(e,t,$a);return Math.round(s)}var Pd=/^([+-]?\d{4,6})-(\d{2})-(\d{2})T\d{2}:\d{2}(:\d{2}([.,]\d+)?)?(Z|[+-]\d{2}:?\d{2})$/i,$d=Date.UTC(2e3,0,1)-630822816e5,Gd=Date.UTC(9999,11,31,23,59,59,999),Bd='be a valid Date, an ISO 8601 string with an offset such as "2026-12-25T10:00:00Z", or an object with epochMilliseconds, of the years 1 to 9999';function tt(t,e){let s=NaN;if(t instanceof Date)s=t.getTime();else if(typeof t=="string"){let[,r,n,a]=Pd.exec(t)??[];Qd(Number(r),Number(n),Number(a))&&(s=Date.parse(t.replace(",",".")))}else typeof t=="object"&&t!==null&&(s=Math.trunc(Number(t.epochMilliseconds)));if(Number.isNaN(s)||s<$d||s>Gd)throw new h(e,t,Bd);return s}function Qd(t,e,s){let r=new Date(Date.UTC(2e3,e-1,s));return r.setUTCFullYear(t,e-1,s),r.getUTCMonth()===e-1&&r.getUTCDate()===s}var Yd=["auditLevel","queue","priority","retry","signal","connection","delay","at","recurring","taskKey"];function cn(t){if(typeof t!="object"||t===null||t instanceof Date){let s='be an object such as { delay: { minutes: 5 } } or { queue: "email" }';throw new h("options",t,s)}g(t,Yd,"options");let{signal:e}=t;if(e!==void 0&&typeof e?.throwIfAborted!="function")throw new h("signal",e,"be an AbortSignal")}function Ga(t,e){if(typeof t!="object"||t===null||!(Symbol.iterator in t))throw new h("payloads",t,"be an array or another iterable");cn(e);for(let s of["taskKey","recurring"])if(e[s]!==void 0)throw new h(s,e[s],"be left out of dispatchMany: dispatch such tasks one by one")}function Pe(t,e){if(typeof t=="string"&&t!==""&&t.length<=200)return t;throw new h(e,t,"be a text of 1 to 200 characters")}function As(t){if(typeof t=="string"&&t!==""&&t.length<=200)return t;let e=typeof t=="string"&&t!==""?`have at most 200 characters (it has ${t.length})`:"be a text of 1 to 200 characters";throw new h("taskKey",t,e)}function Ss(t,e){if(Number.isInteger(t)&&Math.abs(t+.5)<=32767.5)return t;throw new h(e,t,"be an integer from -32768 to 32767")}function Ba({delay:t,at:e,recurring:s}){if([t,e,s].filter(n=>n!==void 0).length>1){let n={delay:t,at:e,recurring:s===void 0?void 0:"\u2026"};throw new h("options",n,"hold only one of delay, at and recurring")}if(t!==void 0){let n=k(t,"delay");if(n>Kd)throw new h("delay",t,"be at most 1000 years (365,000 days)");return{inMs:n}}return e!==void 0?{at:tt(e,"at")}:_s}var Kd=365e3*864e5,_s={inMs:0};var ft={dispatched:"Information",started:"Information",completed:"Information",failed:"Error",retrying:"Warning",cancelled:"Warning",timeout:"Warning",recurringScheduled:"Information",missed:"Warning",lost:"Warning",stuck:"Warning",leaseLost:"Warning",rateLimitDeferred:"Information",rateLimitRejected:"Error",workerStarved:"Warning"};function mt(t,e){return{id:"",type:t,request:"",queue:e,taskKey:null,series:null,attempt:0,traceContext:null}}var jd={dispatched:"was dispatched",started:"was started",completed:"was completed",failed:"failed",retrying:"failed and will be retried",cancelled:"was cancelled",timeout:"exceeded its timeout",recurringScheduled:"was scheduled for its next run",missed:"missed occurrences, which are skipped",lost:"was lost with its worker",stuck:"did not stop after its signal had aborted; its slot was given free",leaseLost:"was lost to another worker; this execution is not recorded",rateLimitDeferred:"was deferred by its rate limit",rateLimitRejected:"was rejected by its rate limit",workerStarved:"kept the event loop blocked"},Qa=NaN,Ya="";function zd(t){return t!==Qa&&(Ya=new Date(t).toISOString(),Qa=t),Ya}function me(t,e,s,r,n={}){return{taskId:s.id,eventDateUtc:zd(e),severity:ft[t],taskType:s.type,taskHandlerType:r?.handlerName??s.type,taskParameters:s.request,message:n.message??`Task with id ${s.id} ${jd[t]}.`,exception:n.exception??null,kind:t,queue:s.queue,taskKey:s.taskKey,recurring:s.series!==null,attempt:s.attempt,durationMs:n.durationMs??null,waitMs:n.waitMs??null,nextRunUtc:n.nextRunUtc??null,count:n.count??0,workerId:n.workerId??null,traceContext:s.traceContext}}function jt(t){switch(typeof t){case"number":return Number.isFinite(t)?null:st(String(t),"write null, or leave it out");case"object":return t===null?null:Xd(t);case"function":return st("functions","a payload is data");case"bigint":return"toJSON"in Object(t)?null:st("bigint","write a text");case"symbol":return st("symbols","write a text");default:return null}}function Ka(t){try{JSON.stringify(t,(e,s)=>typeof s=="bigint"?null:s)}catch{return null}return jt(t)}function Xd(t){if(Array.isArray(t))return Vd(t);if(typeof t.toJSON=="function")return Jd(t);let e=Object.getPrototypeOf(t);if(e!==Object.prototype&&e!==null){let s=Object.prototype.toString.call(t).slice(8,-1);if(!Zd.has(s))return st(s,el(s))}for(let s of Object.keys(t)){let r=jt(t[s]);if(r!==null)return ja(s,r)}return null}function Vd(t){for(let e=0;e<t.length;e++){let s=t[e],r=s===void 0?st("undefined in a list","write null"):jt(s);if(r!==null)return ja(e,r)}return null}function Jd(t){return t instanceof Date&&Number.isNaN(t.getTime())?st("invalid dates","write null, or leave it out"):null}var Zd=new Set(["Object","Number","String","Boolean"]),dn={Map:"write Object.fromEntries(map), or a list of its entries",Set:"write [...set]",Promise:"await it first",Error:"write its message",ArrayBuffer:"write its bytes in base64"};function el(t){return Object.hasOwn(dn,t)?dn[t]:t.endsWith("Array")?dn.ArrayBuffer:"write what the handler needs of it as texts, numbers, lists and plain objects"}function st(t,e){return{message:`JSON has no ${t}: ${e}`,path:[]}}function ja(t,e){return e.path.unshift(t),e}var ie=class extends A{name="PayloadValidationError";taskType;issues;constructor(e,s,r){let n=s.slice(0,5).map(tl).join("; "),a=s.length>5?` (and ${s.length-5} more)`:"";super(`The payload does not fit task "${e}": ${n}${a}.`,r),this.taskType=e,this.issues=s}};function tl({path:t=[],message:e}){let s=t.map(r=>String(typeof r=="object"?r.key:r)).join(".");return s===""?e:`${s}: ${e}`}function ln(t,e,s){let r=sl(t,s),n=Xa(t,e,JSON.parse(r));return n instanceof Promise?n.then(a=>({text:r,value:a})):{text:r,value:n}}function Rs(t,e,s){let r;try{r=JSON.parse(s)}catch(n){let a=[{message:`the stored text is no JSON: ${n.message}`}];throw new ie(t,a,{cause:n})}return Xa(t,e,r)}function sl(t,e){let s;try{s=JSON.stringify(e===void 0?null:e)}catch(n){let a=`it cannot be written as JSON: ${n.message}`;throw new ie(t,[Ka(e)??{message:a}],{cause:n})}if(s===void 0)throw new ie(t,[{message:`a ${typeof e} is no JSON value`}]);let r=jt(e);if(r!==null)throw new ie(t,[r]);return s}function Xa(t,e,s){if(e===void 0)return s;let r=e["~standard"].validate(s);return r instanceof Promise?r.then(n=>za(t,n)):za(t,r)}function za(t,e){if(e.issues!==void 0)throw new ie(t,e.issues);return e.value}var rl="setImmediate"in globalThis?globalThis.setImmediate:nl(),Va=0;function _e(t){Va++,rl(()=>{Va--,t()})}function nl(){let t=[],{port1:e,port2:s}=new MessageChannel;return e.onmessage=()=>t.shift()?.(),r=>{t.push(r),s.postMessage(null)}}var _=class extends A{name="StorageError";transient=!1},y=class extends _{name="StorageUnavailableError";transient=!0},Re=class extends _{name="StorageFullError";transient=!0},oe=class extends _{name="StorageReadOnlyError"},zt=class extends _{name="StorageFormatError"},X=class extends _{name="SchemaVersionError";found;known;constructor(e,s,r,n){super(r,n),this.found=e,this.known=s}},we=class extends _{name="StorageClosedError"},ue=class extends _{name="WorkerLostError";workerId;constructor(e){super(`Worker ${e} is not registered: its heartbeat was late and its tasks were given to others. Register a new worker.`),this.workerId=e}};function ge(t){return Math.min(2e3,20*2**Math.min(t-1,10))}function Oe(t){return t instanceof _&&t.transient}async function ws(t,e,s){let r=t.monotonic();for(let n=1;;n++)try{return await s()}catch(a){let i=ge(n);if(!Oe(a)||t.monotonic()-r+i>e)throw a;await new Promise(o=>t.setTimer(o,i))}}var $e=class{#e;#t=[];#s=0;#r=!1;#n=[];constructor(e){this.#e=e}add(e){return new Promise((s,r)=>{this.#t.push({item:e,resolve:s,reject:r}),this.#a()})}idle(){return this.#s===0&&this.#t.length===0?Promise.resolve():new Promise(e=>this.#n.push(e))}#a(){this.#r||this.#s>=this.#e.concurrency||(this.#r=!0,_e(()=>{this.#r=!1,this.#o()}))}#o(){if(this.#t.length===0)return;let e=this.#t;e.length<=this.#e.maxBatch?this.#t=[]:(e=this.#t.slice(0,this.#e.maxBatch),this.#t=this.#t.slice(this.#e.maxBatch)),this.#s++,this.#i(e).finally(()=>{if(this.#s--,this.#t.length>0)this.#a();else if(this.#s===0)for(let s of this.#n.splice(0))s()}),this.#t.length>0&&this.#a()}async#i(e){let{clock:s,retryForMs:r,write:n}=this.#e,a=e.map(i=>i.item);try{let i=await ws(s,r,()=>n(a));for(let o=0;o<e.length;o++)e[o].resolve(i[o])}catch(i){if(e.length===1||Oe(i))for(let o of e)o.reject(i);else for(let o of e)await this.#i([o])}}};function Tt(t,e){if(typeof t?.nextDelay=="function")return;let s="be a retry policy such as linearRetry(3), or an object with nextDelay(attempt, error)";throw new h(e,t,s)}var al=["Store","Wait","FallbackToDefault","Throw"],ye="default",hn="recurring";function Ja(t,e){if(typeof t!="object"||t===null||Array.isArray(t)){let n="be an object of settings by queue, such as { email: { parallelism: 10 } }";throw new h("queues",t,n)}let s={[ye]:{},[hn]:{},...t},r=Math.max(4,2*e);return new Map(Object.entries(s).map(([n,a])=>[Pe(n,"queues"),ol(n,a,r)]))}var il=["parallelism","capacity","whenFull","timeout","retry"];function ol(t,e,s){let r=`queues.${t}`;g(e,il,r);let n=e.parallelism??s;He(n,`${r}.parallelism`);let a=e.capacity??Math.max(1e3,n);if(He(a,`${r}.capacity`),a<n)throw new h(`${r}.capacity`,a,`be at least the parallelism, ${n}`);let{whenFull:i="Store"}=e;if(fe(i,al,`${r}.whenFull`),t===ye&&i==="FallbackToDefault"){let o="be Store, Wait or Throw: this is the queue that others fall back to";throw new h(`${r}.whenFull`,i,o)}return e.retry!==void 0&&Tt(e.retry,`${r}.retry`),{name:t,parallelism:n,capacity:a,whenFull:i,timeoutMs:e.timeout===void 0?void 0:k(e.timeout,`${r}.timeout`),retry:e.retry}}var gs=class extends A{name="QueueFullError";queue;constructor(e,s){super(`Queue "${e}" is full: this process holds as many of its tasks as its capacity of ${s} allows. Dispatch again later, or choose another whenFull.`),this.queue=e}};function En(t,e,s,r,n){if(!t.places.isFull(s))return t.places.reserve(s,r);let{whenFull:a,capacity:i}=e.get(s);switch(a){case"Throw":throw new gs(s,i);case"FallbackToDefault":return En(t,e,ye,r,n);case"Wait":return t.places.waitForRoom(s,r,n);case"Store":return{id:r,queue:s,claimFor:null}}}var O=class extends h{name="InvalidScheduleError";position;constructor(e,s,r,n){super(e,s,r),this.position=n}};function W(t,e){return(s,r)=>{if(Number.isInteger(s)&&s>=t&&s<=e)return s;throw new O(r,s,`be a whole number from ${t} to ${e}`)}}function Ie(t){return(e,s)=>{if(t.includes(e))return e;let r=t.map(n=>JSON.stringify(n)).join(", ");throw new O(s,e,`be one of ${r}`)}}function fn(t,e){if(typeof t=="string")return t;throw new O(e,t,"be a string")}function Xt(t,e){return(s,r)=>{if(!Array.isArray(s)||s.length===0)throw new O(r,s,"be a list of at least one value");let n=s.map((a,i)=>t(a,`${r}[${i}]`));return[...new Set(n)].sort(e)}}var rt=class t{#e;#t;constructor(e,s){this.#e=e,this.#t=new Map(Object.entries(s).filter(([,r])=>r!==void 0))}static of(e,s){if(typeof e!="object"||e===null||Array.isArray(e))throw new O(s,e,"be an object");return new t(s,e)}required(e,s){let r=this.#t.get(e);return this.#t.delete(e),s(r,e)}optional(e,s){return this.#t.has(e)?this.required(e,s):void 0}refuseOthers(){for(let[e,s]of this.#t)throw new O(e,s,`be left out: ${this.#e} has no such field here`)}};function ce(t,e){return(t%e+e)%e}function pt(t){return Math.floor(t/1e3)*1e3}function mn(t){return Math.ceil(t/1e3)*1e3}function nt(t){return Math.floor(t/864e5)}function Nt(t){return ce(t+3,7)}function Vt(t){let e=new Date(t*864e5);return e.getUTCFullYear()*12+e.getUTCMonth()}function Tn(t){let e=new Date(0);return e.setUTCFullYear(Math.floor(t/12),ce(t,12),1),Math.round(e.getTime()/864e5)}function Za(t){return new Date(t*864e5).getUTCDate()}var cl=/^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/;function ei(t,e){if(typeof t!="string"||!cl.test(t))throw new O(e,t,'be a time from "00:00" to "23:59", or "23:59:59"');return t.replace(/^(..:..):00$/,"$1")}function ti(t){let[e,s,r]=t.split(":").map(Number);return(e??0)*36e5+(s??0)*6e4+(r??0)*1e3}function Os(t,e,s){return(s===0?[t,e]:[t,e,s]).map(n=>String(n).padStart(2,"0")).join(":")}var dl=["January","February","March","April","May","June","July","August","September","October","November","December"],ll=["","first","second","third","fourth","fifth"];function Jt(t){return hl(t)+El(t)+Tl(t)}function hl({start:t}){switch(t?.mode){case"runNow":return"now, then ";case"runDelayed":return`after ${Nl(t.delayMs)}, then `;case"runAt":return`at ${ri(t.at)}, then `;default:return""}}function El(t){let e=t.timeZone??"UTC";switch(t.kind){case"interval":return fl(t,e);case"calendar":{let s=ml(t);return t.times!==void 0?`${s} at ${ys(t.times)} ${e}`:e==="UTC"?s:`${s} ${e}`}case"cron":{let s=t.dayMatch==="both"?" (both days must match)":"";return`cron "${t.expression}"${s} ${e}`}}}function fl(t,e){let{every:s,unit:r,minute:n,second:a}=t,i=si(s,r);if(n===void 0)return a===void 0?i:`${i} at second ${a}`;let o=e==="UTC"?"":` ${e}`;return`${i} at ${Os(0,n,a??0).slice(2)}${o}`}function ml(t){let{every:e,unit:s,weekdays:r,months:n}=t,a=n===void 0?si(e,s):`every ${ys(n.map(c=>dl[c-1]))}`;if(r!==void 0)return`${a} on ${ys(r)}`;let{monthDays:i,monthWeekday:o,workday:u}=t;if(i!==void 0)return`${a} on day${i.length===1?"":"s"} ${ys(i.map(String))}`;if(o!==void 0){let{nth:c,weekday:d}=o;return`${a} on the ${c==="last"?c:ll[c]} ${d}`}return u===void 0?a:`${a} on the ${u} working day`}function Tl({maxRuns:t,runUntil:e,misfire:s="skip"}){let r="";return e!==void 0&&(r+=`, until ${ri(e)}`),t!==void 0&&(r+=`, at most ${t} run${t===1?"":"s"}`),s==="once"?r+=", one run for all that were missed":s!=="skip"&&(r+=`, up to ${s.all} missed runs made up for`),r}function si(t,e){return t===1?`every ${e.slice(0,-1)}`:`every ${t} ${e}`}function ys(t){let e=t[t.length-1];return t.length===1?e:`${t.slice(0,-1).join(", ")} and ${e}`}function ri(t){return new Date(t).toISOString().replace(".000Z","Z")}var pl=[["day",864e5],["hour",36e5],["minute",6e4],["second",1e3]];function Nl(t){for(let[e,s]of pl){let r=t/s;if(r>=1&&Number.isInteger(r))return`${r} ${e}${r===1?"":"s"}`}return`${t} ms`}function pe(t,e,s,r=0,n=0,a=0,i=0){let o=t>=0&&t<100,u=Date.UTC(o?t+400:t,e,s,r,n,a,i);return o?u-126227808e5:u}function xs(t){return pe(t.y,t.m-1,t.d,t.h,t.i,t.s)}function Is(t,e){return t.y===e.y&&t.m===e.m&&t.d===e.d&&t.h===e.h&&t.i===e.i&&t.s===e.s}function di(t){let e=t.substring(9);return e.includes("Z")||e.includes("+")||e.includes("-")}function kl(t,e){let s=new Date(Date.parse(t));if(isNaN(s))throw new Error("Invalid ISO8601 passed to timezone parser.");return di(t)?{tp:es(s.getUTCFullYear(),s.getUTCMonth()+1,s.getUTCDate(),s.getUTCHours(),s.getUTCMinutes(),s.getUTCSeconds(),"Etc/UTC"),ms:s.getUTCMilliseconds()}:{tp:es(s.getFullYear(),s.getMonth()+1,s.getDate(),s.getHours(),s.getMinutes(),s.getSeconds(),e),ms:s.getMilliseconds()}}function pn(t,e,s){let{tp:r,ms:n}=kl(t,e);return new Date(li(r,s).getTime()+n)}function li(t,e){let s=An(t);if(s.kind==="single")return s.date;if(s.kind==="ambiguous")return s.earlier;if(e)throw new Error("Invalid date passed to fromTZ()");return s.after}function An(t){let e=xs(t),s=i=>Ln(new Date(i),t.tz),r=e-s(e),n=Be(new Date(r),t.tz);if(Is(n,t)){let i=xs(n)-r,o=r-(s(r-ni)-i);if(o<r&&Is(Be(new Date(o),t.tz),t))return{kind:"ambiguous",earlier:new Date(o),later:new Date(r)};let u=r+(i-s(r+ni));return u>r&&Is(Be(new Date(u),t.tz),t)?{kind:"ambiguous",earlier:new Date(r),later:new Date(u)}:{kind:"single",date:new Date(r)}}let a=e-(xs(n)-r);return Is(Be(new Date(a),t.tz),t)?{kind:"single",date:new Date(a)}:{kind:"gap",before:new Date(Math.min(r,a)),after:new Date(Math.max(r,a))}}var ni=3*36e5;function Ln(t,e){return xs(Be(t,e))-(t.getTime()-t.getUTCMilliseconds())}function Nn(t,e,s){let r=Ln(new Date(t),s);for(;e-t>1e3;){let n=t+Math.floor((e-t)/2e3)*1e3;Ln(new Date(n),s)===r?t=n:e=n}return e}function Ll(t,e){let s=An(Be(new Date(t),e));if(s.kind==="ambiguous")return t<s.later.getTime()?"earlier":"later"}var Al=pe(1,0,1),ai=864e5,ii=new Map;function Be(t,e){if(e===void 0)return es(t.getFullYear(),t.getMonth()+1,t.getDate(),t.getHours(),t.getMinutes(),t.getSeconds());let s=ii.get(e),r;try{s||(s=new Intl.DateTimeFormat("en-US",{timeZone:e,year:"numeric",month:"numeric",day:"numeric",hour:"numeric",minute:"numeric",second:"numeric",hour12:!1}),ii.set(e,s)),r=s.formatToParts(t)}catch(i){let o=i instanceof Error?i.message:String(i);throw new RangeError(`toTZ: Invalid timezone '${e}' or date. Please provide a valid IANA timezone (e.g., 'America/New_York', 'Europe/Stockholm'). Original error: ${o}`)}let n={year:0,month:0,day:0,hour:0,minute:0,second:0};for(let i of r)(i.type==="year"||i.type==="month"||i.type==="day"||i.type==="hour"||i.type==="minute"||i.type==="second")&&(n[i.type]=parseInt(i.value,10));if(isNaN(n.year)||isNaN(n.month)||isNaN(n.day)||isNaN(n.hour)||isNaN(n.minute)||isNaN(n.second))throw new Error(`toTZ: Failed to parse all date components from timezone '${e}'. This may indicate an invalid date or timezone configuration. Parsed components: ${JSON.stringify(n)}`);let a=t.getTime()-Al;return(a<-ai||a<ai&&n.month===12)&&(n.year=1-n.year),n.hour===24&&(n.hour=0),{y:n.year,m:n.month,d:n.day,h:n.hour,i:n.minute,s:n.second,tz:e}}function es(t,e,s,r,n,a,i){return{y:t,m:e,d:s,h:r,i:n,s:a,tz:i}}var hi=[1,2,4,8,16],oi=class Te{pattern;timezone;mode;alternativeWeekdays;sloppyRanges;fixedTimeRule;second;minute;hour;day;month;dayOfWeek;year;lastDayOfMonth;lastWeekday;nearestWeekdays;starDOM;starDOW;starYear;useAndLogic;isFixedTime;constructor(e,s,r){this.pattern=e,this.timezone=s,this.mode=r?.mode??"auto",this.alternativeWeekdays=r?.alternativeWeekdays??!1,this.sloppyRanges=r?.sloppyRanges??!1,this.fixedTimeRule=r?.fixedTimeRule??"single-value",this.second=Array(60).fill(0),this.minute=Array(60).fill(0),this.hour=Array(24).fill(0),this.day=Array(31).fill(0),this.month=Array(12).fill(0),this.dayOfWeek=Array(7).fill(0),this.year=[],this.lastDayOfMonth=!1,this.lastWeekday=!1,this.nearestWeekdays=Array(31).fill(0),this.starDOM=!1,this.starDOW=!1,this.starYear=!1,this.useAndLogic=!1,this.isFixedTime=!1,this.parse()}parse(){if(!(typeof this.pattern=="string"||this.pattern instanceof String))throw new TypeError("CronPattern: Pattern has to be of type string.");this.pattern.indexOf("@")>=0&&(this.pattern=this.handleNicknames(this.pattern).trim());let e=this.pattern.match(/\S+/g)||[""],s=e.length;if(e.length<5||e.length>7)throw new TypeError("CronPattern: invalid configuration format ('"+this.pattern+"'), exactly five, six, or seven space separated parts are required.");if(this.mode!=="auto"){let i;switch(this.mode){case"5-part":i=5;break;case"6-part":i=6;break;case"7-part":i=7;break;case"5-or-6-parts":i=[5,6];break;case"6-or-7-parts":i=[6,7];break;default:i=0}if(!(Array.isArray(i)?i.includes(s):s===i)){let o=Array.isArray(i)?i.join(" or "):i.toString();throw new TypeError(`CronPattern: mode '${this.mode}' requires exactly ${o} parts, but pattern '${this.pattern}' has ${s} parts.`)}}if(e.length===5&&e.unshift("0"),e.length===6&&e.push("*"),this.pattern.indexOf("?")>=0)for(let i=0;i<e.length;i++)e[i]=e[i].replace(/\?/g,"*");if(e[3].toUpperCase()==="LW")this.lastWeekday=!0,e[3]="";else if(e[3].toUpperCase().indexOf("L")>=0){let i=e[3].split(",");if(i.length>1&&i.some(o=>o.toUpperCase()==="LW"))throw new TypeError(`CronPattern: Syntax error, LW can not be in a list in day-of-month ('${e[3]}').`);if(i.some(o=>o===""||o.toUpperCase()!=="L"&&/l/i.test(o)))throw new TypeError("CronPattern: Syntax error, L has to be a value of its own in day-of-month ('"+e[3]+"').");e[3]=i.filter(o=>o.toUpperCase()!=="L").join(","),this.lastDayOfMonth=!0}if(e[3]=="*"&&(this.starDOM=!0),e[6]=="*"&&(this.starYear=!0),e[4].length>=3&&(e[4]=this.replaceAlpha(e[4],Te.MONTH_NAMES)),e[5].length>=3&&(e[5]=this.alternativeWeekdays?this.replaceAlpha(e[5],Te.DAY_NAMES_QUARTZ):this.replaceAlpha(e[5],Te.DAY_NAMES)),e[5].startsWith("+")&&(this.useAndLogic=!0,e[5]=e[5].substring(1),e[5]===""))throw new TypeError("CronPattern: Day-of-week field cannot be empty after '+' modifier.");switch(e[5]=="*"&&(this.starDOW=!0),this.mode){case"5-part":e[0]="0",e[6]="*";break;case"6-part":e[6]="*";break;case"5-or-6-parts":e[6]="*";break;case"6-or-7-parts":break;case"7-part":case"auto":break}this.throwAtIllegalCharacters(e),this.partToArray("second",e[0],0,1),this.partToArray("minute",e[1],0,1),this.partToArray("hour",e[2],0,1),this.partToArray("day",e[3],-1,1),this.partToArray("month",e[4],-1,1);let r=this.alternativeWeekdays?-1:0;this.partToArray("dayOfWeek",e[5],r,63),e[6]==="*"?this.year=Array(1e4).fill(1):(this.year=Array(1e4).fill(0),this.partToArray("year",e[6],0,1)),!this.alternativeWeekdays&&this.dayOfWeek[7]&&(this.dayOfWeek[0]=this.dayOfWeek[7]);let n=this.fixedTimeRule==="single-value",a=(i,o)=>!i.includes("*")&&!i.includes("/")&&(!n||o.filter(u=>u).length===1);this.isFixedTime=a(e[0],this.second)&&a(e[1],this.minute)&&a(e[2],this.hour)}partToArray(e,s,r,n){let a=this[e];if(s===""&&!(e==="day"&&(this.lastDayOfMonth||this.lastWeekday)))throw new TypeError("CronPattern: configuration entry "+e+" ("+s+") is empty, check for trailing spaces.");if(s==="*")return a.fill(n);let i=s.split(",");if(i.length>1)for(let o of i)this.partToArray(e,o,r,n);else s.includes("-")&&s.includes("/")?this.handleRangeWithStepping(s,e,r,n):s.includes("-")?this.handleRange(s,e,r,n):s.includes("/")?this.handleStepping(s,e,r,n):s!==""&&this.handleNumber(s,e,r,n)}throwAtIllegalCharacters(e){for(let s=0;s<e.length;s++)if((s===3?/[^/*0-9,\-WwLl]+/:s===5?/[^/*0-9,\-#Ll]+/:/[^/*0-9,\-]+/).test(e[s]))throw new TypeError("CronPattern: configuration entry "+s+" ("+e[s]+") contains illegal characters.")}handleNumber(e,s,r,n){let a=this.extractNth(e,s),i=e.toUpperCase().includes("W");if(s!=="day"&&i)throw new TypeError("CronPattern: Nearest weekday modifier (W) only allowed in day-of-month.");i&&(s="nearestWeekdays");let o=i?a[0].replace(/W$/i,""):a[0],u=Te.toNumber(o)+r;if(isNaN(u))throw new TypeError("CronPattern: "+s+" is not a number: '"+e+"'");this.setPart(s,u,a[1]||n)}setPart(e,s,r){if(!Object.prototype.hasOwnProperty.call(this,e))throw new TypeError("CronPattern: Invalid part specified: "+e);if(e==="dayOfWeek"){if(s===7&&(s=0),s<0||s>6)throw new RangeError("CronPattern: Invalid value for dayOfWeek: "+s);this.setNthWeekdayOfMonth(s,r);return}if(e==="second"||e==="minute"){if(s<0||s>=60)throw new RangeError("CronPattern: Invalid value for "+e+": "+s)}else if(e==="hour"){if(s<0||s>=24)throw new RangeError("CronPattern: Invalid value for "+e+": "+s)}else if(e==="day"||e==="nearestWeekdays"){if(s<0||s>=31)throw new RangeError("CronPattern: Invalid value for "+e+": "+s)}else if(e==="month"){if(s<0||s>=12)throw new RangeError("CronPattern: Invalid value for "+e+": "+s)}else if(e==="year"&&(s<1||s>=1e4))throw new RangeError("CronPattern: Invalid value for "+e+": "+s+" (supported range: 1-9999)");this[e][s]=r}static toNumber(e){return/^\d+$/.test(e)?parseInt(e,10):NaN}validateNotNaN(e,s){if(isNaN(e))throw new TypeError(s)}validateRange(e,s,r,n,a){if(e>s)throw new TypeError("CronPattern: From value is larger than to value: '"+a+"'");if(r!==void 0){if(r===0)throw new TypeError("CronPattern: Syntax error, illegal stepping: 0");if(r>this[n].length)throw new TypeError("CronPattern: Syntax error, steps cannot be greater than maximum value of part ("+this[n].length+")")}}handleRangeWithStepping(e,s,r,n){if(e.toUpperCase().includes("W"))throw new TypeError("CronPattern: Syntax error, W is not allowed in ranges with stepping.");let a=this.extractNth(e,s),i=a[0].match(/^(\d+)-(\d+)\/(\d+)$/);if(i===null)throw new TypeError("CronPattern: Syntax error, illegal range with stepping: '"+e+"'");let[,o,u,c]=i,d=parseInt(o,10)+r,l=parseInt(u,10)+r,E=parseInt(c,10);this.validateNotNaN(d,"CronPattern: Syntax error, illegal lower range (NaN)"),this.validateNotNaN(l,"CronPattern: Syntax error, illegal upper range (NaN)"),this.validateNotNaN(E,"CronPattern: Syntax error, illegal stepping: (NaN)"),this.validateRange(d,l,E,s,e);for(let f=d;f<=l;f+=E)this.setPart(s,f,a[1]||n)}extractNth(e,s){let r=e,n;if(r.includes("#")){if(s!=="dayOfWeek")throw new Error("CronPattern: nth (#) only allowed in day-of-week field");let a=r.split("#");if(a.length!==2||a[1]==="")throw new TypeError("CronPattern: Syntax error, illegal nth weekday: '"+e+"'");r=a[0],n=a[1]}else if(r.toUpperCase().endsWith("L")){if(s!=="dayOfWeek")throw new Error("CronPattern: L modifier only allowed in day-of-week field (use L alone for day-of-month)");n="L",r=r.slice(0,-1)}return[r,n]}handleRange(e,s,r,n){if(e.toUpperCase().includes("W"))throw new TypeError("CronPattern: Syntax error, W is not allowed in a range.");let a=this.extractNth(e,s),i=a[0].split("-");if(i.length!==2)throw new TypeError("CronPattern: Syntax error, illegal range: '"+e+"'");let o=Te.toNumber(i[0])+r,u=Te.toNumber(i[1])+r;this.validateNotNaN(o,"CronPattern: Syntax error, illegal lower range (NaN)"),this.validateNotNaN(u,"CronPattern: Syntax error, illegal upper range (NaN)"),this.validateRange(o,u,void 0,s,e);for(let c=o;c<=u;c++)this.setPart(s,c,a[1]||n)}handleStepping(e,s,r,n){if(e.toUpperCase().includes("W"))throw new TypeError("CronPattern: Syntax error, W is not allowed in parts with stepping.");let a=this.extractNth(e,s),i=a[0].split("/");if(i.length!==2)throw new TypeError("CronPattern: Syntax error, illegal stepping: '"+e+"'");if(this.sloppyRanges)i[0]===""&&(i[0]="*");else{if(i[0]==="")throw new TypeError("CronPattern: Syntax error, stepping with missing prefix ('"+e+"') is not allowed. Use wildcard (*/step) or range (min-max/step) instead.");if(i[0]!=="*")throw new TypeError("CronPattern: Syntax error, stepping with numeric prefix ('"+e+"') is not allowed. Use wildcard (*/step) or range (min-max/step) instead.")}let o=0;i[0]!=="*"&&(o=Te.toNumber(i[0])+r,this.validateNotNaN(o,"CronPattern: Syntax error, illegal stepping start (NaN)"));let u=Te.toNumber(i[1]);this.validateNotNaN(u,"CronPattern: Syntax error, illegal stepping: (NaN)"),this.validateRange(0,this[s].length-1,u,s,e);for(let c=o;c<this[s].length;c+=u)s==="year"&&c===0||this.setPart(s,c,a[1]||n)}replaceAlpha(e,s){let r=e;for(let[n,a]of Object.entries(s))r=r.replace(new RegExp(n,"gi"),(i,o,u)=>{let c=o+i.length-3,d=u.charAt(c-1),l=u.charAt(c+3);if(/[a-z\d/#]/i.test(d)||/[a-km-z\d]/i.test(l))throw new TypeError(`CronPattern: Syntax error, a month or day name has to stand alone ('${e}').`);return a});return r}static DAY_NAMES={"-sun":"-7",sun:"0",mon:"1",tue:"2",wed:"3",thu:"4",fri:"5",sat:"6"};static DAY_NAMES_QUARTZ={sun:"1",mon:"2",tue:"3",wed:"4",thu:"5",fri:"6",sat:"7"};static MONTH_NAMES={jan:"1",feb:"2",mar:"3",apr:"4",may:"5",jun:"6",jul:"7",aug:"8",sep:"9",oct:"10",nov:"11",dec:"12"};static NICKNAME_MAP={"@yearly":"0 0 1 1 *","@annually":"0 0 1 1 *","@monthly":"0 0 1 * *","@weekly":"0 0 * * SUN","@daily":"0 0 * * *","@midnight":"0 0 * * *","@hourly":"0 * * * *"};handleNicknames(e){let s=e.trim().toLowerCase();if(s==="@reboot")throw new TypeError("CronPattern: @reboot is not supported in this environment. This is an event-based trigger that requires system startup detection.");return Te.NICKNAME_MAP[s]||e}setNthWeekdayOfMonth(e,s){if(typeof s!="number"&&s.toUpperCase()==="L")this.dayOfWeek[e]=this.dayOfWeek[e]|32;else if(s===63)this.dayOfWeek[e]=63;else if(s<6&&s>0)this.dayOfWeek[e]=this.dayOfWeek[e]|hi[s-1];else throw new TypeError(`CronPattern: nth weekday out of range, should be 1-5 or L. Value: ${s}, Type: ${typeof s}`)}},Sl=[31,28,31,30,31,30,31,31,30,31,30,31],R=[["month","year",0],["day","month",-1],["hour","day",0],["minute","hour",0],["second","minute",0]],I=class Ei{tz;instantMs;instantFields;ms;second;minute;hour;day;month;year;constructor(e,s){if(this.tz=s,e&&e instanceof Date)if(!isNaN(e))this.fromDate(e);else throw new TypeError("CronDate: Invalid date passed to CronDate constructor");else if(e==null)this.fromDate(new Date);else if(e&&typeof e=="string")this.fromString(e);else if(e instanceof Ei)this.fromCronDate(e);else throw new TypeError("CronDate: Invalid type ("+typeof e+") passed to CronDate constructor")}getLastDayOfMonth(e,s){return s!==1?Sl[s]:new Date(pe(e,s+1,0)).getUTCDate()}getLastWeekday(e,s){let r=this.getLastDayOfMonth(e,s),n=new Date(pe(e,s,r)).getUTCDay();return n===0?r-2:n===6?r-1:r}getNearestWeekday(e,s,r){let n=this.getLastDayOfMonth(e,s);if(r>n)return-1;let a=new Date(pe(e,s,r)).getUTCDay();return a===0?r===n?r-2:r+1:a===6?r===1?r+2:r-1:r}isNthWeekdayOfMonth(e,s,r,n){let a=new Date(pe(e,s,r)).getUTCDay(),i=0;for(let o=1;o<=r;o++)new Date(pe(e,s,o)).getUTCDay()===a&&i++;if(n&63&&hi[i-1]&n)return!0;if(n&32){let o=this.getLastDayOfMonth(e,s);for(let u=r+1;u<=o;u++)if(new Date(pe(e,s,u)).getUTCDay()===a)return!1;return!0}return!1}fromDate(e){if(this.tz!==void 0)if(typeof this.tz=="number")this.ms=e.getUTCMilliseconds(),this.second=e.getUTCSeconds(),this.minute=e.getUTCMinutes()+this.tz,this.hour=e.getUTCHours(),this.day=e.getUTCDate(),this.month=e.getUTCMonth(),this.year=e.getUTCFullYear(),this.apply();else try{let s=Be(e,this.tz);this.ms=e.getMilliseconds(),this.second=s.s,this.minute=s.i,this.hour=s.h,this.day=s.d,this.month=s.m-1,this.year=s.y,this.cacheInstant(e.getTime()-this.ms)}catch(s){let r=s instanceof Error?s.message:String(s);throw new TypeError(`CronDate: Failed to convert date to timezone '${this.tz}'. This may happen with invalid timezone names or dates. Original error: ${r}`)}else this.ms=e.getMilliseconds(),this.second=e.getSeconds(),this.minute=e.getMinutes(),this.hour=e.getHours(),this.day=e.getDate(),this.month=e.getMonth(),this.year=e.getFullYear(),this.cacheInstant(e.getTime()-this.ms)}cacheInstant(e){this.instantMs=e;let{year:s,month:r,day:n,hour:a,minute:i,second:o}=this;this.instantFields=[s,r,n,a,i,o,this.tz]}cachedInstant(){let e=this.instantFields;if(!(e===void 0||e[6]!==this.tz)&&!(e[5]!==this.second||e[4]!==this.minute||e[3]!==this.hour)&&!(e[2]!==this.day||e[1]!==this.month||e[0]!==this.year))return this.instantMs}fromCronDate(e){this.tz=e.tz,this.year=e.year,this.month=e.month,this.day=e.day,this.hour=e.hour,this.minute=e.minute,this.second=e.second,this.ms=e.ms,this.instantMs=e.instantMs,this.instantFields=e.instantFields}apply(){if(this.month>11||this.month<0||this.day>this.getLastDayOfMonth(this.year,this.month)||this.day<1||this.hour>23||this.minute>59||this.second>59||this.hour<0||this.minute<0||this.second<0){let e=new Date(0);return e.setUTCFullYear(this.year,this.month,this.day),e.setUTCHours(this.hour,this.minute,this.second,this.ms),this.ms=e.getUTCMilliseconds(),this.second=e.getUTCSeconds(),this.minute=e.getUTCMinutes(),this.hour=e.getUTCHours(),this.day=e.getUTCDate(),this.month=e.getUTCMonth(),this.year=e.getUTCFullYear(),!0}else return!1}fromString(e){if(typeof this.tz=="number"){if(di(e))return this.fromDate(pn(e));let s=pn(e,"Etc/UTC");this.ms=s.getUTCMilliseconds(),this.second=s.getUTCSeconds(),this.minute=s.getUTCMinutes(),this.hour=s.getUTCHours(),this.day=s.getUTCDate(),this.month=s.getUTCMonth(),this.year=s.getUTCFullYear(),this.apply()}else return this.fromDate(pn(e,this.tz))}findNext(e,s,r,n){return this._findMatch(e,s,r,n,1)}_matchDayValue(e,s,r,n){let a=e;if(!a){for(let i=0;i<r.nearestWeekdays.length;i++)if(r.nearestWeekdays[i]){let o=this.getNearestWeekday(this.year,this.month,i+1);if(o!==-1&&o===s){a=1;break}}}if(r.lastWeekday){let i=this.getLastWeekday(this.year,this.month);s===i&&(a=1)}if(r.lastDayOfMonth){let i=this.getLastDayOfMonth(this.year,this.month);s===i&&(a=1)}if(!r.starDOW){let i=new Date(pe(this.year,this.month,1,0,0,0,0)).getUTCDay(),o=r.dayOfWeek[(i+(s-1))%7];o&&o&63&&(o=this.isNthWeekdayOfMonth(this.year,this.month,s,o)?1:0),r.useAndLogic?a=a&&o:!n.domAndDow&&!r.starDOM?a=a||o:a=a&&o}return a}_findMatch(e,s,r,n,a){let i=this[s],o=s==="day"?this.getLastDayOfMonth(this.year,this.month):0,u=this[s]+n,c=a===1?d=>d<r[s].length:d=>d>=0;for(let d=u;c(d);d+=a){let l=r[s][d];if(s==="day"){if(d-n>o)continue;l=this._matchDayValue(l,d-n,r,e)}if(l)return this[s]=d-n,i!==this[s]?2:1}return 3}recurse(e,s,r){let n=this.year,a=r;for(;typeof a=="number";){if(e.starYear&&Math.abs(this.year-n)>400)return null;a=this.recurseStep(e,s,a)}return a}recurseStep(e,s,r){if(r===0&&!e.starYear){if(this.year>=0&&this.year<e.year.length&&e.year[this.year]===0){let a=-1;for(let i=this.year+1;i<e.year.length&&i<1e4;i++)if(e.year[i]===1){a=i;break}if(a===-1)return null;this.year=a,this.month=0,this.day=1,this.hour=0,this.minute=0,this.second=0,this.ms=0}if(this.year>=1e4)return null}let n=this.findNext(s,R[r][0],e,R[r][2]);if(n>1){let a=r+1;for(;a<R.length;)this[R[a][0]]=-R[a][2],a++;if(n===3){if(this[R[r][1]]++,this[R[r][0]]=-R[r][2],this.apply(),r===0&&!e.starYear){for(;this.year>=0&&this.year<e.year.length&&e.year[this.year]===0&&this.year<1e4;)this.year++;if(this.year>=1e4||this.year>=e.year.length)return null}return 0}else if(this.apply())return r-1}return r+=1,r>=R.length?this:(e.starYear?this.year>=3e3:this.year>=1e4)?null:r}increment(e,s,r){return this.instantMs=void 0,this.instantFields=void 0,this.second+=s.interval!==void 0&&s.interval>1&&r?s.interval:1,this.ms=0,this.apply(),this.recurse(e,s,0)}decrement(e,s,r=!0){this.instantMs=void 0,this.instantFields=void 0;let n=s.interval!==void 0&&s.interval>=1;return(this.ms===0||n)&&(this.second-=n&&r?s.interval:1),this.ms=0,this.apply(),this.year<1?null:this.recurseBackward(e,s,0)}recurseBackward(e,s,r){let n=this.year,a=r;for(;typeof a=="number";){if(e.starYear&&Math.abs(this.year-n)>400)return null;a=this.recurseBackwardStep(e,s,a)}return a}recurseBackwardStep(e,s,r){if(r===0&&!e.starYear){if(this.year>=0&&this.year<e.year.length&&e.year[this.year]===0){let a=-1;for(let i=this.year-1;i>=0;i--)if(e.year[i]===1){a=i;break}if(a===-1)return null;this.year=a,this.month=11,this.day=31,this.hour=23,this.minute=59,this.second=59,this.ms=0}if(this.year<1)return null}let n=this.findPrevious(s,R[r][0],e,R[r][2]);if(n>1){let a=r+1;for(;a<R.length;){let i=R[a][0],o=R[a][2],u=this.getMaxPatternValue(i,e,o);this[i]=u,a++}if(n===3){if(this[R[r][1]]--,r===0){let u=this.getLastDayOfMonth(this.year,this.month);this.day>u&&(this.day=u)}if(r===1)if(this.day<=0)this.day=1;else{let u=this.year,c=this.month;for(;c<0;)c+=12,u--;for(;c>11;)c-=12,u++;let d=this.getLastDayOfMonth(u,c);this.day>d&&(this.day=d)}this.apply();let i=R[r][0],o=R[r][2];if(this[i]=this.getMaxPatternValue(i,e,o),this.apply(),r===0){let u=R[1][2],c=this.getMaxPatternValue("day",e,u);c!==this.day&&(this.day=c,this.hour=this.getMaxPatternValue("hour",e,R[2][2]),this.minute=this.getMaxPatternValue("minute",e,R[3][2]),this.second=this.getMaxPatternValue("second",e,R[4][2]))}if(r===0&&!e.starYear){for(;this.year>=0&&this.year<e.year.length&&e.year[this.year]===0;)this.year--;if(this.year<1)return null}return 0}else if(this.apply())return r-1}return r+=1,r>=R.length?this:this.year<1?null:r}getMaxPatternValue(e,s,r){let n=s[e].length-1-r;for(let a=s[e].length-1;a>=0;a--)if(s[e][a]){n=a-r;break}if(e==="day"){let a=this.getLastDayOfMonth(this.year,this.month);return s.lastWeekday||s.nearestWeekdays.some(i=>i)||s.lastDayOfMonth||!s.starDOW?a:Math.min(n,a)}return n}findPrevious(e,s,r,n){return this._findMatch(e,s,r,n,-1)}getDate(e){if(!e&&typeof this.tz!="number"){let s=this.cachedInstant();if(s!==void 0)return new Date(s+(this.tz===void 0?this.ms:0))}if(e||this.tz===void 0){if(this.year>=0&&this.year<100){let s=new Date(0);return s.setFullYear(this.year,this.month,this.day),s.setHours(this.hour,this.minute,this.second,this.ms),s}return new Date(this.year,this.month,this.day,this.hour,this.minute,this.second,this.ms)}else return typeof this.tz=="number"?new Date(pe(this.year,this.month,this.day,this.hour,this.minute-this.tz,this.second,this.ms)):li(es(this.year,this.month+1,this.day,this.hour,this.minute,this.second,this.tz),!1)}getTime(){return this.getDate(!1).getTime()}match(e,s){if(!e.starYear&&(this.year<0||this.year>=e.year.length||e.year[this.year]===0))return!1;for(let r=0;r<R.length;r++){let n=R[r][0],a=R[r][2],i=this[n];if(i+a<0||i+a>=e[n].length)return!1;let o=e[n][i+a];if(n==="day"&&(o=this._matchDayValue(o,i,e,s)),!o)return!1}return!0}};function _l(t){t===void 0&&(t={}),delete t.name,t.legacyMode!==void 0&&t.domAndDow===void 0?t.domAndDow=!t.legacyMode:t.domAndDow===void 0&&(t.domAndDow=!1),t.legacyMode=!t.domAndDow;let e=(r,n)=>r===void 0?n:r;if(t.paused=e(t.paused,!1),t.maxRuns=e(t.maxRuns,1/0),t.catch=e(t.catch,!1),t.unref=e(t.unref,!1),t.mode=e(t.mode,"auto"),t.alternativeWeekdays=e(t.alternativeWeekdays,!1),t.sloppyRanges=e(t.sloppyRanges,!1),t.fixedTimeRule=e(t.fixedTimeRule,"single-value"),t.allowPast=e(t.allowPast,!1),t.interval=t.interval===void 0?0:parseInt(t.interval.toString(),10),t.utcOffset=t.utcOffset===void 0?void 0:parseInt(t.utcOffset.toString(),10),t.dayOffset=t.dayOffset===void 0?0:parseInt(t.dayOffset.toString(),10),!["auto","5-part","6-part","7-part","5-or-6-parts","6-or-7-parts"].includes(t.mode))throw new Error("CronOptions: mode must be one of 'auto', '5-part', '6-part', '7-part', '5-or-6-parts', or '6-or-7-parts'.");if(!["single-value","no-wildcard"].includes(t.fixedTimeRule))throw new Error("CronOptions: fixedTimeRule must be one of 'single-value' or 'no-wildcard'.");t.timezone===""&&(t.timezone=void 0);let s=t.timezone??t.utcOffset;if(t.startAt&&(t.startAt=ui(new I(t.startAt,s))),t.stopAt&&(t.stopAt=ui(new I(t.stopAt,s))),t.interval!==null){if(isNaN(t.interval))throw new Error("CronOptions: Supplied value for interval is not a number");if(t.interval<0)throw new Error("CronOptions: Supplied value for interval can not be negative")}if(t.utcOffset!==void 0){if(isNaN(t.utcOffset))throw new Error("CronOptions: Invalid value passed for utcOffset, should be number representing minutes offset from UTC.");if(t.utcOffset<-870||t.utcOffset>870)throw new Error("CronOptions: utcOffset out of bounds.");if(t.utcOffset!==void 0&&t.timezone)throw new Error("CronOptions: Combining 'utcOffset' with 'timezone' is not allowed.")}if(t.unref!==!0&&t.unref!==!1)throw new Error("CronOptions: Unref should be either true, false or undefined(false).");if(t.dayOffset!==void 0&&t.dayOffset!==0&&isNaN(t.dayOffset))throw new Error("CronOptions: Invalid value passed for dayOffset, should be a number representing days to offset.");return t}function ui(t){return t.ms?(t.ms=0,new I(new Date(t.getTime()+1e3),t.tz)):t}function Zt(t){return typeof t=="function"}function Rl(t){return Zt(t)}function wl(t){typeof Deno<"u"&&typeof Deno.unrefTimer<"u"?Deno.unrefTimer(t):t&&typeof t.unref<"u"&&t.unref()}var kn=1440*60*1e3,ci=30*1e3,Cs=[],fi=class{name;options;_states;fn;_startAtRoundingMs=0;getTz(){return this.options.timezone??this.options.utcOffset}applyDayOffset(t){let e=this._offsetMs();return e?new Date(t.getTime()+e):t}_offsetMs(){return(this.options.dayOffset??0)*kn}get _startAt(){return this.options.startAt}get _stopAt(){return this.options.stopAt}_nextTarget(t,e){let s=this._offsetMs(),r=this._next(this._shift(t),new Date(e.getTime()-s),{startAt:this._shift(this._startAt),stopAt:this._shift(this._stopAt)});return r?this.applyDayOffset(r.getDate(!1)):null}_previousTarget(t,e){let s=this._toMs(t??e)-this._offsetMs(),r=this._previous(new Date(s),{startAt:this._shift(this._startAt),stopAt:this._shift(this._stopAt)});return r?this.applyDayOffset(r.getDate(!1)):null}_shift(t){if(t!=null)return new I(new Date(this._toMs(t)-this._offsetMs()),this.getTz())}constructor(t,e,s){let r,n;if(Zt(e))n=e;else if(typeof e=="object")r=e;else if(e!==void 0)throw new Error("Cron: Invalid argument passed for optionsIn. Should be one of function, or object (options).");if(Zt(s))n=s;else if(typeof s=="object")r=s;else if(s!==void 0)throw new Error("Cron: Invalid argument passed for funcIn. Should be one of function, or object (options).");this.name=r?.name;let a=r?.startAt;this.options=_l(r),a&&this._startAt&&(this._startAtRoundingMs=this._startAt.getTime()-new I(a,this.getTz()).getTime());let i=!!t&&(t instanceof Date||typeof t=="string"&&t.indexOf(":")>0);if(this._states={kill:!1,blocking:!1,previousRun:void 0,currentRun:void 0,once:void 0,currentTimeout:void 0,maxRuns:r?r.maxRuns:void 0,paused:r?r.paused:!1,pattern:i?new oi("* * * * *",void 0,{mode:"auto"}):new oi(t,this.options.timezone,{mode:this.options.mode,alternativeWeekdays:this.options.alternativeWeekdays,sloppyRanges:this.options.sloppyRanges,fixedTimeRule:this.options.fixedTimeRule})},i&&(this._states.once=new I(t,this.getTz())),this.name){if(Cs.find(o=>o.name===this.name))throw new Error("Cron: Tried to initialize new named job '"+this.name+"', but name already taken.");Cs.push(this)}return n!==void 0&&Rl(n)&&(this.fn=n,this.schedule()),this}nextRun(t){return this._nextTarget(t,new Date)}nextRuns(t,e){this._states.maxRuns!==void 0&&t>this._states.maxRuns&&(t=this._states.maxRuns);let s=e||this._states.currentRun||void 0;return this._enumerateRuns(t,s,"next")}previousRuns(t,e){return this._enumerateRuns(t,e||void 0,"previous")}enumerate(t){return new gl(this,t)}_enumerateRuns(t,e,s){let r=[],n=new Date,a=e;for(;t-- >0;){let i=s==="next"?this._nextTarget(a,n):this._previousTarget(a,n);if(!i)break;r.push(i),a=i}return r}match(t){if(this._states.once){let s=new I(t,this.getTz());s.ms=0;let r=new I(this._states.once,this.getTz());return r.ms=0,s.getTime()===r.getTime()}let e=new I(t,this.getTz());return e.ms=0,e.match(this._states.pattern,this.options)}getPattern(){if(!this._states.once)return this._states.pattern?this._states.pattern.pattern:void 0}getOnce(){return this._states.once?this._states.once.getDate():null}isRunning(){return!this._states.paused&&!this._states.kill&&this.fn!==void 0&&this._nextTarget(this._states.currentRun,new Date)!==null}isStopped(){return this._states.kill}isBusy(){return this._states.blocking}currentRun(){return this._states.currentRun?this._states.currentRun.getDate():null}previousRun(){return this._states.previousRun?this._states.previousRun.getDate():null}msToNext(t){let e=new Date,s=this._nextTarget(t,e);return s?s.getTime()-this._toMs(t??e):null}stop(){this._states.kill=!0,this._states.currentTimeout&&clearTimeout(this._states.currentTimeout);let t=Cs.indexOf(this);t>=0&&Cs.splice(t,1)}pause(){return this._states.paused=!0,!this._states.kill}resume(){return this._states.paused=!1,!this._states.kill}schedule(t){return this._schedule(t)}_schedule(t,e){if(t&&this.fn)throw new Error("Cron: It is not allowed to schedule two functions using the same Croner instance.");t&&(this.fn=t);let s=e??new Date,r=this._nextTarget(void 0,s),n=r?r.getTime()-s.getTime():null,a=this._states.currentRun;a&&a.getTime()>s.getTime()&&(a=void 0);let i=this._nextTarget(a,s);return n===null||isNaN(n)||i===null?this:(n>ci&&(n=ci),n<0&&(n=this._states.paused?1e3:0),this._states.currentTimeout=setTimeout(()=>this._checkTrigger(i),n),this._states.currentTimeout&&this.options.unref&&wl(this._states.currentTimeout),this)}async _trigger(t=new Date){this._states.blocking=!0,this._states.currentRun=new I(t,this.getTz());try{if(this.options.catch)try{this.fn!==void 0&&await this.fn(this,this.options.context)}catch(e){if(Zt(this.options.catch))try{Promise.resolve(this.options.catch(e,this)).catch(()=>{})}catch{}}else this.fn!==void 0&&await this.fn(this,this.options.context)}finally{this._states.previousRun=new I(t,this.getTz()),this._states.blocking=!1}}async trigger(){await this._trigger()}runsLeft(){return this._states.maxRuns}_checkTrigger(t){let e=new Date,s=!this._states.paused&&e.getTime()>=t.getTime(),r=this._states.blocking&&this.options.protect;s&&!r?(this._states.maxRuns!==void 0&&this._states.maxRuns--,this._trigger(e)):s&&r&&Zt(this.options.protect)&&setTimeout(()=>this.options.protect(this),0),this._schedule(void 0,s?void 0:e)}_next(t,e,s){let r=s?s.startAt:this._startAt,n=s?s.stopAt:this._stopAt,a=!!t,i=!!(t||this._states.currentRun),o=!1;!t&&r&&this.options.interval&&(t=this._calculatePreviousRun(r,e),t&&(i=!0),o=!t);let u=t??e??new Date,c=this._toMs(u);t=new I(u,this.getTz()),r&&c<r.getTime()&&(t=o?r:new I(new Date(r.getTime()-1e3),this.getTz()),c=t.getTime());let d=this._states.once||new I(t,this.getTz());if(!o&&d!==this._states.once&&(d=this._findOccurrence(t,c,1,i)),this._states.once){let l=this._states.once.getTime(),E=c-l;if(r&&l<r.getTime()-this._startAtRoundingMs||this._states.currentRun&&this.applyDayOffset(this._states.once.getDate()).getTime()<=this._states.currentRun.getTime()||(a?E>=0:E>1e3&&!this.options.allowPast))return null}return d===null||this._states.maxRuns!==void 0&&this._states.maxRuns<=0||this._states.kill||n&&d.getTime()>=n.getTime()?null:d}_previous(t,e){let s=this._toMs(t??new Date);if(e.stopAt&&s>e.stopAt.getTime()&&(s=e.stopAt.getTime()),this._states.once)return this._states.once.getTime()<s?this._states.once:null;let r=this._findOccurrence(new I(new Date(s),this.getTz()),s,-1);return r===null||e.startAt&&r.getTime()<e.startAt.getTime()?null:r}_toMs(t){if(t instanceof Date)return t.getTime();let e=new I(t,this.getTz());return e.getTime()+(typeof e.tz=="string"?e.ms:0)}_findOccurrence(t,e,s,r=!1){let n=this.options.interval??0;if(n>1&&(s===-1||r)){e+=(n-1)*1e3*s;let d=new Date(e);if(isNaN(d.getTime())||(t=new I(d,this.getTz()),!(t.year>=1&&t.year<=9999)))return null;r=!1}let a=this._walk(t,e,s,r),i=this.getTz();if(this._states.pattern.isFixedTime&&s===1||typeof i=="number"||Ll(e,i)!==(s===1?"earlier":"later"))return a;let o=Math.floor(e/1e3)*1e3,u=s===1?Nn(o,o+kn,i):Nn(o-kn,o,i)-1e3;if(a&&(u-a.getTime())*s>0)return a;let c=this._walk(new I(new Date(u),i),u-s,s,!1,!0);return!a||!c?a??c:(a.getTime()-c.getTime())*s>0?c:a}_walk(t,e,s,r,n=!1){let a=this._states.pattern,i=(u,c)=>s===1?u.increment(a,this.options,c):u.decrement(a,this.options,c),o=new I(t,this.getTz());for((!n||!o.match(a,this.options))&&(o=i(o,r));o;){let u=this._runAt(o,e,s);if(u)return new I(u,this.getTz());o=i(o,!1)}return null}_runAt(t,e,s){let r=d=>(d.getTime()-e)*s>0,n=t.tz;if(typeof n=="number"){let d=t.getDate();return r(d)?d:null}let a=es(t.year,t.month+1,t.day,t.hour,t.minute,t.second,n),i=An(a),o=this._states.pattern.isFixedTime;if(i.kind==="single")return r(i.date)?i.date:null;if(i.kind==="ambiguous"){let{earlier:d,later:l}=i;return(o?[d]:s===1?[d,l]:[l,d]).find(r)??null}if(!o)return null;let u=new Date(Nn(i.before.getTime(),i.after.getTime(),n)),c=Be(u,n);return c.y===a.y&&c.m===a.m&&c.d===a.d&&r(u)?u:null}_calculatePreviousRun(t,e){let s=new I(e,this.getTz()).getTime();if(t.getTime()>s)return;let r=this.options.interval*1e3,n=t;for(;n.getTime()+r<=s;){let a=this._findOccurrence(n,n.getTime(),1,!0);if(a===null)break;n=a}return n}},gl=class{cron;cursor;now;done;initialMaxRuns;remainingRuns;constructor(t,e){this.cron=t,this.initialMaxRuns=t.runsLeft()??1/0,this.reset(e)}next(){if(this.done||this.remainingRuns<=0)return this.done=!0,{value:void 0,done:!0};let t=this.cron._nextTarget(this.cursor,this.now);return t===null?(this.done=!0,{value:void 0,done:!0}):(this.cursor=t,this.remainingRuns--,{value:t,done:!1})}peek(){return this.done||this.remainingRuns<=0?null:this.cron._nextTarget(this.cursor,this.now)}reset(t){this.cursor=t instanceof Date?new Date(t.getTime()):t??void 0,this.now=new Date,this.done=!1,this.remainingRuns=this.initialMaxRuns}[Symbol.iterator](){return this}};function mi(t){let{dates:e,months:s,weekdays:r,dayMatch:n}=t;if(e.isEvery&&s.isEvery&&r.isEvery)return Ol;let a=s.isEvery?"*":s.values.join(","),i=r.isEvery?"*":[...r.values,...r.specials].join(","),o=e.specials.filter(m=>m.startsWith("L-")),u=[...e.values,...e.specials.filter(m=>!o.includes(m))].join(","),c=e.isEvery?"*":u,d=[],l=n==="both";c!==""?d.push(new ts(Ds(c,a,i,{domAndDow:l}))):i!=="*"&&!l&&d.push(new ts(Ds("*",a,i)));for(let m of o){let T=Number(m.slice(2)),S=Ds("L",a,"*",{dayOffset:-T}),N=l&&i!=="*"?Ds("*","*",i):void 0;d.push(new ts(S,p=>Vt(p)===Vt(p+T)&&(N?.match(new Date(p*864e5))??!0)))}let[E,...f]=d;return new Sn(E!==void 0&&f.length===0?E:yl(d))}var Ol={atOrAfter:t=>t};function Ds(t,e,s,r={}){return new fi(`0 0 0 ${t} ${e} ${s}`,{mode:"6-part",timezone:"UTC",paused:!0,...r})}function yl(t){return{atOrAfter(e){let s=t.map(r=>r.atOrAfter(e)).filter(r=>r!==void 0);return s.length===0?void 0:Math.min(...s)}}}var Il=5e3,ts=class{#e;#t;constructor(e,s=()=>!0){this.#e=e,this.#t=s}atOrAfter(e){let s=e*864e5-1e3;for(let r=0;r<Il;r++){let n=this.#e.nextRun(new Date(s));if(n===null)return;let a=Math.round(n.getTime()/864e5);if(this.#t(a))return a;s=n.getTime()}}},Sn=class{#e;#t=0;#s=-1;constructor(e){this.#e=e}atOrAfter(e){return e>=this.#t&&(this.#s===void 0||e<=this.#s)||(this.#s=this.#e.atOrAfter(e),this.#t=e),this.#s}};var ss=class{expression;constructor(e){this.expression=e}fail(e,s){throw new O("cron expression",this.expression,`${s} (at character ${e+1})`,e)}},Cl=/^(\*|\?|([0-9a-z]+)(?:-([0-9a-z]+))?)(?:\/(\d+))?$/i;function it(t,e,s,r=()=>{}){let n=new Set,a=[],i=!1,o=e.position;for(let u of e.text.split(",")){let c=r(u.toUpperCase());if(c!==void 0)a.push(c);else{let d=xl(t,u,o,s);for(let l of d)n.add(l);i||=/[*?/-]/.test(u)}o+=u.length+1}return{values:[...n].sort((u,c)=>u-c),isEvery:e.text==="*"||e.text==="?",isInterval:i,specials:a}}function xl(t,e,s,r){let{label:n,min:a,max:i}=r,o=Cl.exec(e);if(o===null)return t.fail(s,`have a valid ${n}, which ${et(e)} is not`);let[,u,c,d,l]=o,E=u==="*"||u==="?";u==="?"&&!n.startsWith("day")&&t.fail(s,`have "?" only in place of a day, not of the ${n}`);let f=E?a:Ti(t,c,s,r),m=s+(c?.length??0)+1,T=E?i:f;d!==void 0?T=Ti(t,d,m,r):l!==void 0&&(T=i);let S=1;if(l!==void 0){S=Number(l);let x=i-a;if(S<1||S>x){let Le=s+e.length-l.length;t.fail(Le,`have a step from 1 to ${x} in its ${n}, not ${l}`)}}let N=i-a+1;T<f&&(T+=N);let p=[];for(let x=f;x<=T;x+=S)p.push((x-a)%N+a);return p}function Ti(t,e,s,{label:r,min:n,max:a,maxWritten:i=a,names:o}){let u=o?.indexOf(e.toUpperCase())??-1,c=u>=0?u+n:/^\d{1,4}$/.test(e)?Number(e):NaN;if(c>=n&&c<=a)return c;let d=o===void 0?"":` or ${o[0]} to ${o[o.length-1]}`;return t.fail(s,`have a ${r} from ${n} to ${i}${d}, not ${et(e)}`)}var Us=class{#e;constructor(e){this.#e=e}get size(){return this.#e.length}atOrAfter(e){return this.#e.find(s=>s>=e)}countBefore(e){let s=this.#e.findIndex(r=>r>=e);return s===-1?this.#e.length:s}},Ms=class{#e;#t;#s;constructor(e,s,r){this.#e=new rs(e,24),this.#t=new rs(s,60),this.#s=new rs(r,60)}get size(){return this.#e.size*this.#t.size*this.#s.size}atOrAfter(e){let[s,r,n]=pi(e);if(this.#e.has(s)){let i=this.#t.has(r)?this.#s.atOrAfter(n):void 0;if(i!==void 0)return _n(s,r,i);let o=this.#t.atOrAfter(r+1);if(o!==void 0)return _n(s,o,this.#s.first)}let a=this.#e.atOrAfter(s+1);if(a!==void 0)return _n(a,this.#t.first,this.#s.first)}countBefore(e){let[s,r,n]=pi(e),a=this.#e.countBefore(s)*this.#t.size*this.#s.size;return!this.#e.has(s)||(a+=this.#t.countBefore(r)*this.#s.size,!this.#t.has(r))?a:a+this.#s.countBefore(n)}},rs=class{#e=[];#t=[];size;constructor(e,s){let r=[...new Set(e)].sort((a,i)=>a-i);this.size=r.length;let n=0;for(let a=0;a<s;a++)this.#t.push(n),this.#e.push(r[n]),r[n]===a&&n++}get first(){return this.#e[0]}has(e){return this.#e[e]===e}atOrAfter(e){return this.#e[e]}countBefore(e){return this.#t[e]??this.size}};function pi(t){let e=Math.ceil(t/1e3);return[Math.floor(e/3600),Math.floor(e/60)%60,e%60]}function _n(t,e,s){return t*36e5+e*6e4+s*1e3}var Rn={"@yearly":"0 0 1 1 *","@annually":"0 0 1 1 *","@monthly":"0 0 1 * *","@weekly":"0 0 * * 0","@daily":"0 0 * * *","@midnight":"0 0 * * *","@hourly":"0 * * * *"},Dl={label:"second",min:0,max:59},Ul={label:"minute",min:0,max:59},Ml={label:"hour",min:0,max:23},vl={label:"day of the month",min:1,max:31},bl={label:"month",min:1,max:12,names:["JAN","FEB","MAR","APR","MAY","JUN","JUL","AUG","SEP","OCT","NOV","DEC"]},Ni=["SUN","MON","TUE","WED","THU","FRI","SAT"],Fl={label:"day of the week",min:0,max:6,maxWritten:7,names:Ni},vs=new Map,ql=500,kt=class t{days;times;repeated;constructor(e,s){let r=new ss(e),n=ki(r),[a,i,o,u,c,d]=n,l=[it(r,o,Ml),it(r,i,Ul),...a===void 0?[]:[it(r,a,Dl)]],[E,f,m]=l;this.times=new Ms(E.values,f.values,m?.values??[0]),this.repeated=l.some(T=>T.isInterval)?"both":"first",this.days=mi({dates:it(r,u,vl,Wl),months:it(r,c,bl),weekdays:Pl(r,d),dayMatch:s}),this.days.atOrAfter(0)===void 0&&r.fail(u.position,"have a day that occurs, such as 28 in place of 30 in February")}static of(e,s){let r=`${s} ${e}`,n=vs.get(r);return n===void 0&&(n=new t(e,s),vs.size>=ql&&vs.clear(),vs.set(r,n)),n}};function ki(t){let{expression:e}=t,s=e.search(/\S/),r=e.trim().toLowerCase();if(r.startsWith("@")){let a=Object.hasOwn(Rn,r)?Rn[r]:void 0;return a===void 0&&t.fail(s,`have one of the nicknames ${Object.keys(Rn).join(", ")}`),ki(new ss(a))}let n=[...e.matchAll(/\S+/g)].map(a=>({text:a[0],position:a.index}));return n.length===5?[void 0,...n]:n.length===6?n:t.fail(n[6]?.position??e.length,`have 5 fields, or 6 with the seconds first, not ${n.length}`)}function Wl(t){return/^(L|LW|L-([1-9]|[12]\d|30)|([1-9]|[12]\d|3[01])W)$/.test(t)?t:void 0}function Hl(t){let e=/^([0-7]|[A-Z]{3})(L|#[1-5])$/.exec(t);if(e===null)return;let[,s,r]=e,n=Ni.indexOf(s),a=n>=0?n:Number(s)%7;return Number.isNaN(a)?void 0:`${a}${r}`}function Pl(t,e){let s={...e,text:e.text.replace(/(^|,)7(?=-|\/|,|$)/g,"$10").replace(/-7(?=\/|,|$)/g,"-0")};return it(t,s,Fl,Hl)}var wn=3*864e5,Li=32,bs=Li*wn,$l=300,Gl=/^(\d+)\/(\d+)\/(\d+) (A|B)\w*, (\d+):(\d+):(\d+)$/,At=class t{name;#e;#t;#s=new Map;constructor(e){this.name=e,this.#e=new Intl.DateTimeFormat("en-US",{timeZone:e,hourCycle:"h23",era:"short",year:"numeric",month:"numeric",day:"numeric",hour:"numeric",minute:"numeric",second:"numeric"}),this.#t=this.#e.resolvedOptions().timeZone==="UTC"}static#r=new Map;static of(e){let s=t.#r.get(e);if(s===void 0){try{if(/^[+-]/.test(e))throw new RangeError("An offset is no zone, and not every runtime takes it.");s=new t(e)}catch{throw new O("timeZone",e,'be the name of an IANA time zone that this runtime knows, such as "Europe/Rome" or "UTC"')}t.#r.set(e,s)}return s}offsetAt(e){if(this.#t)return 0;let s=this.#n(Math.floor(e/bs)),{offset:r}=s;for(let n of s.transitions){if(n.at>e)break;r=n.offsetAfter}return r}nextTransition(e,s){if(this.#t)return;let r=Math.floor(s/bs);for(let n=Math.floor(e/bs);n<=r;n++)for(let a of this.#n(n).transitions){if(a.at>s)return;if(a.at>e)return a}}#n(e){let s=this.#s.get(e);return s===void 0&&(this.#s.size>=$l&&this.#s.clear(),s=this.#a(e*bs),this.#s.set(e,s)),s}#a(e){let s=[],r=this.#i(e),n=r;for(let a=1;a<=Li;a++){let i=e+a*wn,o=this.#i(i);if(o===n)continue;let u=this.#o(i-wn,i,o);s.push({at:u,offsetBefore:n,offsetAfter:o}),n=o}return{offset:r,transitions:s}}#o(e,s,r){let n=e,a=s;for(;a-n>1e3;){let i=n+Math.floor((a-n)/2/1e3)*1e3;this.#i(i)===r?a=i:n=i}return a}#i(e){let s=Math.max(-1e8*864e5,Math.min(1e8*864e5,e)),r=this.#e.format(s),n=Gl.exec(r);if(n===null)throw new A(`Intl.DateTimeFormat wrote a date in an unknown way: ${et(r)}`);let[,a,i,o,u,c,d,l]=n,E=new Date(0);return E.setUTCFullYear(u==="A"?Number(o):1-Number(o),Number(a)-1,Number(i)),E.setUTCHours(Number(c),Number(d),Number(l)),E.getTime()-s}};var St=["Monday","Tuesday","Wednesday","Thursday","Friday","Saturday","Sunday"],Si=Ie(St),Ai=W(0,59),_i=W(1,1e8),On=W(-864e13,864e13);function Qe(t){let e=rt.of(t,"recurrence"),s=e.required("kind",Ie(["interval","calendar","cron"])),r=s==="interval"?Bl(e):s==="calendar"?Ql(e):Kl(e),n=Vl({...r,...jl(e)});return e.refuseOthers(),n}function Bl(t){let e=t.required("unit",Ie(["seconds","minutes","hours"]));return{kind:"interval",every:t.required("every",_i),unit:e,minute:e==="hours"?t.optional("minute",Ai):void 0,second:e==="seconds"?void 0:t.optional("second",Ai)}}function Ql(t){let e=t.required("unit",Ie(["days","weeks","months"])),s=t.required("every",_i),r={kind:"calendar",every:s,unit:e,times:t.optional("times",Xt(ei,gn))};if(e==="days")return r;if(e==="weeks"){let o=(u,c)=>St.indexOf(u)-St.indexOf(c);return{...r,weekdays:t.optional("weekdays",Xt(Si,o))}}let n={monthDays:t.optional("monthDays",Xt(W(1,31),gn)),monthWeekday:t.optional("monthWeekday",Yl),workday:t.optional("workday",Ie(["first","last"]))},[,a]=Object.entries(n).filter(([,o])=>o!==void 0);if(a!==void 0){let[o,u]=a;throw new O(o,u,"be left out: a month's days are pinned by only one of monthDays, monthWeekday and workday")}let i=t.optional("months",Xt(W(1,12),gn));if(i!==void 0&&s!==1)throw new O("every",s,"be 1 where months are listed");return{...r,...n,months:i}}function Yl(t,e){let s=rt.of(t,e),r={nth:s.required("nth",Ie([1,2,3,4,5,"last"])),weekday:s.required("weekday",Si)};return s.refuseOthers(),r}function Kl(t){let e=t.optional("dayMatch",Ie(["either","both"])),s=t.required("expression",fn);return kt.of(s,e??"either"),{kind:"cron",expression:s,dayMatch:e==="either"?void 0:e}}function jl(t){let e=t.optional("start",zl),s=t.optional("timeZone",(n,a)=>At.of(fn(n,a)).name),r=t.optional("misfire",Xl);return{start:e?.mode==="schedule"?void 0:e,timeZone:s==="UTC"?void 0:s,misfire:r==="skip"?void 0:r,runUntil:t.optional("runUntil",On),maxRuns:t.optional("maxRuns",W(1,2**31-1)),anchor:t.optional("anchor",On)}}function zl(t,e){let s=rt.of(t,e),r=s.required("mode",Ie(["schedule","runNow","runDelayed","runAt"])),n=r==="runDelayed"?{mode:r,delayMs:s.required("delayMs",W(0,864e13))}:r==="runAt"?{mode:r,at:s.required("at",On)}:{mode:r};return s.refuseOthers(),n}function Xl(t,e){if(t==="skip"||t==="once")return t;if(typeof t!="object"||t===null)throw new O(e,t,'be "skip", "once" or { all: max }');let s=rt.of(t,e),r={all:s.required("all",W(1,1e6))};return s.refuseOthers(),r}function gn(t,e){return t<e?-1:t>e?1:0}function Vl(t){return Object.fromEntries(Object.entries(t).filter(([,e])=>e!==void 0))}var z=class t{#e;constructor(e){this.#e=Qe(e)}inTimeZone(e){return new t(this.with({timeZone:e}))}runUntil(e){return new t(this.with({runUntil:tt(e,"runUntil")}))}maxRuns(e){return new t(this.with({maxRuns:e}))}onMisfire(e){return new t(this.with({misfire:e}))}toRecurrence(){return this.#e}toString(){return Jt(this.#e)}with(e){return{...this.#e,...e}}},_t=class extends z{atSecond(e){return new z(this.with({second:e}))}},Fs=class extends _t{atMinute(e){return new _t(this.with({minute:e}))}},qs=class extends z{#e;constructor(e,s){super({...e,times:In(s,0,0)}),this.#e=s}atMinute(e){return new yn(this.with({}),this.#e,e)}},yn=class extends z{#e;#t;constructor(e,s,r){super({...e,times:In(s,W(0,59)(r,"minute"),0)}),this.#e=s,this.#t=r}atSecond(e){let s=W(0,59)(e,"second");return new z(this.with({times:In(this.#e,this.#t,s)}))}};function In(t,e,s){return t.map(r=>Os(r,e,s))}var V=class extends z{atTime(e){return this.atTimes(e)}atTimes(...e){return new z(this.with({times:e}))}},Ws=class extends V{onDay(e){return this.onDays(e)}onDays(...e){return new V(this.with({weekdays:e}))}onWeekdays(){return this.onDays("Monday","Tuesday","Wednesday","Thursday","Friday")}onWeekends(){return this.onDays("Saturday","Sunday")}},ns=class extends V{onDay(e){return this.onDays(e)}onDays(...e){return new V(this.with({monthDays:e}))}onFirst(e){return this.onNth(1,e)}onLast(e){return new V(this.with({monthWeekday:{nth:"last",weekday:e}}))}onNth(e,s){return new V(this.with({monthWeekday:{nth:e,weekday:s}}))}onFirstWeekday(){return new V(this.with({workday:"first"}))}onLastWeekday(){return new V(this.with({workday:"last"}))}};function Ri(t){let e=t(new xn);if(e instanceof z)return e.toRecurrence();throw new O("recurring",e,"return the schedule that it built, such as (r) => r.every(5).minutes()")}function wi(t){return typeof t=="function"?Ri(t):Qe(typeof t=="string"?{kind:"cron",expression:t}:t)}var as=class{#e;constructor(e){this.#e=e}every(e){let s=W(1,1e8)(e,"every"),r=(n,a)=>this.#t({kind:n,every:s,unit:a});return{seconds:()=>new z(r("interval","seconds")),minutes:()=>new _t(r("interval","minutes")),hours:()=>new Fs(r("interval","hours")),days:()=>new V(r("calendar","days")),weeks:()=>new Ws(r("calendar","weeks")),months:()=>new ns(r("calendar","months"))}}everySecond(){return this.every(1).seconds()}everyMinute(){return this.every(1).minutes()}everyHour(){return this.every(1).hours()}everyDay(){return this.every(1).days()}everyWeek(){return this.every(1).weeks()}everyMonth(){return this.every(1).months()}onHours(...e){let s=e.map((r,n)=>W(0,23)(r,`onHours[${n}]`));return new qs(this.#t({kind:"calendar",every:1,unit:"days"}),s)}onDays(...e){return this.everyWeek().onDays(...e)}onMonths(...e){return new ns(this.#t({kind:"calendar",every:1,unit:"months",months:e}))}cron(e,s={}){return new z(this.#t({...s,kind:"cron",expression:e}))}#t(e){return{...e,start:this.#e}}},xn=class extends as{schedule(){return new as}runNow(){return Cn({mode:"runNow"})}runDelayed(e){return Cn({mode:"runDelayed",delayMs:k(e,"runDelayed")})}runAt(e){return Cn({mode:"runAt",at:tt(e,"runAt")})}};function Cn(t){return{andThen:()=>new as(t)}}var ot=class{#e;#t;constructor(e,s){this.#e=e,this.#t=s}next(e){return this.#e+this.#s(e)*this.#t}count(e,s){return s<=e?0:this.#s(s)-this.#s(e)}#s(e){return Math.max(0,Math.floor((e-this.#e)/this.#t)+1)}};function gi(t,e,s,r){let n=1e3,a=Math.max(s,r-n);for(;a>s&&t.count(a,r)<e;)n*=2,a=Math.max(s,r-n);let i=r;for(;i-a>1;){let o=Math.floor((a+i)/2);t.count(o,r)>=e?a=o:i=o}return t.next(a)}var Jl=1e3,Hs=class{#e;#t;#s;constructor(e,s,r){this.#e=Zl(e,s),this.#t=1,this.#s=0;let n=this.atOrAfter(r);this.#t=e.every,this.#s=this.#e.indexOf(n??r)}atOrAfter(e){let s=this.#e.indexOf(e),r=s+ce(this.#s-s,this.#t);for(let n=0;n<Jl;n++){for(let a of this.#e.daysIn(r)){if(a>1e8)return;if(a>=e)return a}r+=this.#t}}};function Zl(t,e){switch(t.unit){case"days":return{indexOf:s=>s,daysIn:s=>[s]};case"weeks":{let s=t.weekdays?.map(r=>St.indexOf(r))??[Nt(e)];return{indexOf:r=>Math.floor((r+3)/7),daysIn:r=>s.map(n=>r*7-3+n)}}case"months":{let{months:s}=t;return{indexOf:Vt,daysIn:r=>s===void 0||s.includes(ce(r,12)+1)?eh(t,r,e):[]}}}}function eh(t,e,s){let r=Tn(e),n=Tn(e+1)-1;if(t.monthWeekday!==void 0){let{nth:i,weekday:o}=t.monthWeekday,u=St.indexOf(o);if(i==="last")return[n-ce(Nt(n)-u,7)];let c=r+ce(u-Nt(r),7)+(i-1)*7;return c<=n?[c]:[]}if(t.workday==="first"){let i=Nt(r);return[i<5?r:r+7-i]}if(t.workday==="last")return[n-Math.max(0,Nt(n)-4)];let a=t.monthDays??[t.months===void 0?Za(s):1];return[...new Set(a.map(i=>Math.min(r+i-1,n)))]}var Ps=class{#e;#t;#s;#r;constructor(e,s,r){this.#e=e,this.#t=s,this.#s=r,this.#r=r.offsetAt(e)}next(e){let s=this.#n(this.#s.offsetAt(e)),r=s.next(e),n=this.#s.nextTransition(e,r);for(;n!==void 0;)s=this.#n(n.offsetAfter),r=s.next(n.at-1),n=this.#s.nextTransition(n.at,r);return r}count(e,s){let r=0,n=e,a=this.#n(this.#s.offsetAt(e)),i=this.#s.nextTransition(e,s);for(;i!==void 0;)r+=a.count(n,i.at-1),n=i.at-1,a=this.#n(i.offsetAfter),i=this.#s.nextTransition(i.at,s);return r+a.count(n,s)}#n(e){return new ot(this.#e+ce(this.#r-e,36e5),this.#t)}};var is=class{#e;#t;#s;#r;constructor(e,s,r,n){this.#e=e,this.#t=s,this.#s=r,this.#r=n}next(e){let s=this.#n(e),r=e,n=this.#s.offsetAt(e);for(;;){let a=this.#o(s);if(a===void 0)return;let i=this.#s.nextTransition(r,a-n);if(i===void 0)return a-n;let o=this.#o(this.#a(i));if(o===void 0)return;if(o<=i.at+i.offsetAfter)return i.at;r=i.at,n=i.offsetAfter,s=o}}count(e,s){if(s<=e)return 0;let r=0,n=this.#n(e),a=e,i=this.#s.offsetAt(e);for(;;){let o=this.#s.nextTransition(a,s);if(o===void 0)break;r+=this.#i(n,o.at+o.offsetBefore),n=this.#a(o);let u=o.at+o.offsetAfter,c=this.#o(n);c!==void 0&&c<=u&&(r++,n=u+1e3),a=o.at,i=o.offsetAfter}return r+this.#i(n,pt(s)+i+1e3)}#n(e){let s=pt(e)+this.#s.offsetAt(e)+1e3;if(this.#r==="first"){let r=this.#s.nextTransition(e-2*864e5,e);for(;r!==void 0;)s=Math.max(s,r.at+r.offsetBefore),r=this.#s.nextTransition(r.at,e)}return s}#a({at:e,offsetBefore:s,offsetAfter:r}){let n=this.#r==="both"?Math.min(s,r):s;return e+n}#o(e){let s=nt(e),r=this.#e.atOrAfter(s);if(r===void 0)return;if(r>s)return r*864e5+this.#t.atOrAfter(0);let n=this.#t.atOrAfter(e-s*864e5);if(n!==void 0)return s*864e5+n;let a=this.#e.atOrAfter(s+1);return a===void 0?void 0:a*864e5+this.#t.atOrAfter(0)}#i(e,s){if(s<=e)return 0;let r=nt(e),n=nt(s),a=0,i=this.#e.atOrAfter(r);for(;i!==void 0&&i<=n;){let o=i===n?this.#t.countBefore(s-i*864e5):this.#t.size,u=i===r?this.#t.countBefore(e-i*864e5):0;a+=o-u,i=this.#e.atOrAfter(i+1)}return a}};var th={seconds:1e3,minutes:6e4,hours:36e5},Oi=new WeakMap;function Dn(t,e){let s=Oi.get(t);if(s?.anchor===e)return s.grid;let r=sh(t,e);return Oi.set(t,{anchor:e,grid:r}),r}function sh(t,e){let s=At.of(t.timeZone??"UTC");switch(t.kind){case"interval":return rh(t,e,s);case"calendar":return nh(t,e,s);case"cron":{let r=kt.of(t.expression,t.dayMatch??"either");return new is(r.days,r.times,s,r.repeated)}}}function rh(t,e,s){let{every:r,unit:n}=t,a=r*th[n];if(t.minute===void 0&&t.second===void 0)return new ot(pt(e),a);let i=t.minute===void 0?6e4:36e5,o=(t.minute??0)*6e4+(t.second??0)*1e3,u=mn(e),c=u+ce(o-(u+s.offsetAt(u)),i);return n==="hours"?new Ps(c,a,s):new ot(c,a)}function nh(t,e,s){let r=e+s.offsetAt(e),n=t.times??(ah(t)?["00:00"]:void 0),a=n===void 0?pt(r):mn(r),i=nt(a),o=a-i*864e5,u=new Us(n?.map(ti)??[o]),c=u.atOrAfter(o)===void 0,d=new Hs(t,nt(r),c?i+1:i);return new is(d,u,s,"first")}function ah(t){return t.weekdays!==void 0||t.monthDays!==void 0||t.monthWeekday!==void 0||t.workday!==void 0||t.months!==void 0}function Gs({start:t},e){return t?.mode==="runAt"?t.at:t?.mode==="runDelayed"?e+t.delayMs:e}function Mn(t,e){let{start:s}=t,r=t.anchor??Gs(t,e),n;return s?.mode==="runNow"?n=e:s?.mode==="runDelayed"?n=e+s.delayMs:s?.mode==="runAt"&&s.at>=e?n=s.at:n=Dn(t,r).next(e),Un(t,n)}function yi(t,e){return Ci(t,e,e.scheduledAt,!1)}var ih=5e3;function Ii(t,e){let s=e.scheduledAt>=e.servedSince-ih;return Ci(t,e,e.scheduledAt-1,s)}function Ci(t,e,s,r){let{now:n,runCount:a,scheduledAt:i}=e,{maxRuns:o=1/0,misfire:u="skip",runUntil:c=1/0}=t;if(a>=o)return{nextRunAt:null,skipped:0};let d=oh(t,i),l=s<i?new $s(d,i,i):d,E=l.count(s,n);if(E<=1)return{nextRunAt:Un(t,l.next(s)),skipped:0};if(n>=c)return{nextRunAt:null,skipped:l.count(s,c-1)};let f=u==="skip"&&r?"once":u,m=f==="skip"?0:f==="once"?1:Math.min(f.all,E);return{nextRunAt:m===0?Un(t,l.next(n)):gi(l,m,s,n),skipped:E-m}}function oh(t,e){let s=t.anchor??Gs(t,e),r=t.start?.mode??"schedule";return new $s(Dn(t,s),s,r==="schedule"?void 0:s)}var $s=class{#e;#t;#s;constructor(e,s,r){this.#e=e,this.#t=s,this.#s=r}next(e){return this.#s!==void 0&&e<this.#s?this.#s:this.#e.next(Math.max(e,this.#t))}count(e,s){let r=this.#s;return(r!==void 0&&e<r&&r<=s?1:0)+this.#e.count(Math.max(e,this.#t),s)}};function Un({runUntil:t=1/0},e){return e===void 0||e>=t||e>1e8*864e5?null:e}var os=class extends h{#e;constructor(e,s){super("recurring",e,"have a first run before its runUntil"),this.#e=s}concerns(e){let s=e?.series;return s!=null&&(s.nextRunAt===null||s.runUntil===this.#e)}};function xi(t,e){let s=wi(t),r=Mn(s,e),n=Jt(s);if(r===null)throw new os(n,s.runUntil);let{maxRuns:a=null,runUntil:i=null,anchor:o=Gs(s,e),...u}=s;return{schedule:JSON.stringify(u),info:n,anchorAt:o,maxRuns:a,runUntil:i,nextRunAt:r}}var ut=["Full","Minimal","ErrorsOnly","None"];function M(t){return ut.indexOf(t)}function J(t){return ut[t??0]??"Full"}function Rt(t,e){if(ut.includes(t))return t;throw new h(e,t,`be one of ${ut.join(", ")}`)}var P=class extends A{name="TimeoutError";timeoutMs;constructor(e){super(`The attempt has exceeded its timeout of ${e} ms.`),this.timeoutMs=e}},Ce=class extends A{name="TaskCancelledError";constructor(e){super(`Task ${e} was cancelled.`)}},xe=class extends A{name="WorkerStoppedError";constructor(){super("The worker stopped before the task had ended; the task is due again.")}},B=class extends A{name="LeaseLostError";constructor(e){super(`The lease on task ${e} was lost; another worker may be running it.`)}},us=class extends A{name="NonRetryableError"},cs=class extends A{name="RetryLater";delayMs;constructor(e,s="The handler asked to run again later."){super(s),this.delayMs=k(e,"delay")}};function*ct(t,e=0){if(typeof t!="object"||t===null||e>10)return;yield t;let{cause:s,errors:r,originalError:n}=t;if(yield*ct(s,e+1),yield*ct(n,e+1),Array.isArray(r))for(let a of r)yield*ct(a,e+1)}var uh=/^(08...|40001|40P01|55P03|53...|57P..)$/,ch=new Set([-2,64,233,596,701,921,922,1203,1204,1205,1222,3960,4060,4221,8645,8651,10053,10054,10060,10928,10929,11001,40143,40197,40501,40540,40613,42108,42109,49918,49919,49920]),dh=new Set(["CONNECTION_CLOSED","CONNECTION_ENDED","CONNECTION_DESTROYED","CONNECT_TIMEOUT","ESOCKET","ETIMEOUT","ECONNCLOSED","EINSTLOOKUP","ECONNREFUSED","ECONNRESET","EPIPE","ETIMEDOUT","EHOSTUNREACH","ENETUNREACH","ENOTFOUND","EAI_AGAIN"]),Di=new Set([5,6]),lh=/\bdatabase( table)? is locked\b|^SQLITE_(BUSY|LOCKED)/;function vn(t){for(let e of ct(t))if(e.transient===!0||hh(e)||Eh(e)||fh(e)||typeof e.code=="string"&&dh.has(e.code))return!0;return!1}function hh({code:t,name:e}){return e!=="SqliteError"&&typeof t=="string"&&uh.test(t)}function Eh({number:t}){return typeof t=="number"&&ch.has(t)}function fh({errcode:t,code:e,name:s,message:r}){return typeof t=="number"?Di.has(t&255):typeof e=="number"&&s==="SqliteError"?Di.has(e&255):[e,r].some(n=>typeof n=="string"&&lh.test(n))}var mh=new Set(["ECONNREFUSED","ECONNRESET","ECONNABORTED","EPIPE","ETIMEDOUT","EHOSTUNREACH","EHOSTDOWN","ENETUNREACH","ENETDOWN","ENETRESET","EADDRNOTAVAIL","ENOTFOUND","EAI_AGAIN","ETIMEOUT","ESOCKETTIMEDOUT","UND_ERR_CONNECT_TIMEOUT","UND_ERR_HEADERS_TIMEOUT","UND_ERR_BODY_TIMEOUT","UND_ERR_SOCKET","ConnectionRefused","ConnectionClosed","FailedToOpenSocket"]),Th=new Set(["ConnectionRefused","ConnectionReset","ConnectionAborted","NotConnected","BrokenPipe","TimedOut","UnexpectedEof"]),ph=/^(fetch failed|error sending request|error reading a body from connection|failed to fetch|load failed|networkerror when attempting|terminated$)/i;function bn(t){for(let e of ct(t)){if(e instanceof P)return!1;let{code:s,name:r,message:n}=e;if(typeof s=="string"&&mh.has(s))return!0;if(typeof r=="string"&&(Th.has(r)||r==="TimeoutError"||r==="TypeError"&&ph.test(String(n))))return!0}return!1}var Nh={handled:[],notHandled:[],predicate:null};function Bs(t,e){return new Fn(t,e,Nh)}var Fn=class t{#e;#t;#s;constructor(e,s,r){this.#e=e,this.#t=s,this.#s=r}nextDelay(e,s,r){return kh(this.#s,s)?this.#t(e,s,r):null}handle(...e){return this.#r("handle",e,Ui("handle",e))}doNotHandle(...e){let s=Ui("doNotHandle",e);if(this.#s.handled.length>0)throw Mi("doNotHandle",e);return this.#n({notHandled:[...this.#s.notHandled,...s]})}handleWhen(e){if(typeof e!="function")throw new h("handleWhen",e,"be a function of the error");return this.#n({predicate:e})}handleTransientNetworkErrors(){let e={matches:bn,name:"transientNetworkErrors"};return this.#r("handleTransientNetworkErrors",[],[e])}handleTransientDatabaseErrors(){let e={matches:vn,name:"transientDatabaseErrors"};return this.#r("handleTransientDatabaseErrors",[],[e])}toJSON(){let{handled:e,notHandled:s,predicate:r}=this.#s,n=e.map(({name:a})=>a);if(r!==null||s.length>0||n.includes(null)){let a="filter by handleTransientNetworkErrors(), handleTransientDatabaseErrors() or handle(TimeoutError) alone to be stored with a task: classes and predicates cannot be. Set such a policy on the task's definition, on its queue or on createEverTask";throw new h("retry",this.#e,a)}return n.length===0?this.#e:{...this.#e,handle:n}}#r(e,s,r){if(this.#s.notHandled.length>0)throw Mi(e,s);return this.#n({handled:[...this.#s.handled,...r]})}#n(e){return new t(this.#e,this.#t,{...this.#s,...e})}};function kh({handled:t,notHandled:e,predicate:s},r){return s!==null?s(r):t.length>0?t.some(({matches:n})=>n(r)):r instanceof P?!1:!e.some(({matches:n})=>n(r))}function Ui(t,e){if(e.length===0)throw new h(t,e,"be given at least one class of errors");return e.map(s=>{if(typeof s!="function")throw new h(t,s,"be given classes of errors");return{matches:n=>n instanceof s,name:s===P?"timeouts":null}})}function Mi(t,e){let s="not be combined with its opposite: a policy names either what it retries (handle, presets) or what it does not (doNotHandle)";return new h(t,e,s)}function Qs(t){if(Number.isInteger(t)&&t>=0)return t;throw new h("retries",t,"be an integer of at least 0")}function qn(t){let{factor:e=2,jitter:s=.5}=t,r=Qs(t.retries),n=k(t.base??{seconds:1},"base"),a=k(t.max??{hours:1},"max");if(!(e>=1&&e<1/0))throw new h("factor",e,"be a finite number of at least 1");if(!(s>=0&&s<=1))throw new h("jitter",s,"be a number from 0 to 1");return Bs({kind:"exponential",retries:r,baseMs:n,factor:e,maxMs:a,jitter:s},(o,u,c=()=>0)=>{if(o>r)return null;let d=Math.min(a,n*e**(o-1));return Math.round(d*(1-s*c()))})}function ds(t,e){Qs(t);let s=(Lh(e)?e:[e]).map(r=>k(r,"delay"));if(s.length===0)throw new h("delay",e,"hold at least one duration");return Bs({kind:"linear",retries:t,delaysMs:s},r=>r>t?null:s[Math.min(r,s.length)-1])}function Lh(t){return Array.isArray(t)}function ls(){return{nextDelay:()=>null,toJSON:()=>({kind:"none"})}}var Wn={none:[],linear:["retries","delaysMs","handle"],exponential:["retries","baseMs","factor","maxMs","jitter","handle"]},vi={transientNetworkErrors:t=>t.handleTransientNetworkErrors(),transientDatabaseErrors:t=>t.handleTransientDatabaseErrors(),timeouts:t=>t.handle(P)};function Fi(t,e){let s=t;if(typeof s?.toJSON!="function"){let n="be made by linearRetry, exponentialRetry or noRetry: it is stored with the task, and functions cannot be stored. Set a policy of your own on the task's definition, on its queue or on createEverTask";throw new h(e,t,n)}let r=JSON.stringify(s.toJSON());return Hn(r),r}function Hn(t){let e=Ah(t);switch(e.kind){case"none":return ls();case"linear":return bi(ds(e.retries,e.delaysMs),e.handle);case"exponential":{let{retries:s,baseMs:r,factor:n,maxMs:a,jitter:i}=e;return bi(qn({retries:s,base:r,factor:n,max:a,jitter:i}),e.handle)}}}function Ah(t){let e;try{e=JSON.parse(t)}catch{e=null}let s=e?.kind;if(s===void 0||!Object.hasOwn(Wn,s)){let r=`be JSON with a kind of ${Object.keys(Wn).join(", ")}`;throw new h("the stored retry policy",t,r)}return g(e,["kind",...Wn[s]],"the stored retry policy"),e}function bi(t,e=[]){return Se(e,Object.keys(vi),"handle of the stored retry policy"),e.reduce((s,r)=>vi[r](s),t)}var Ys=class extends A{name="UnknownTaskTypeError";taskType;constructor(e){super(`Task "${e}" is not registered: add it to the tasks of createEverTask.`),this.taskType=e}},Ks=class{#e;#t=new Set;constructor(e){this.#e=e}checkRegistered(e){if(typeof e?.type!="string")throw new h("task",e,"be a task made by defineTask");if(!this.#e.definitions.has(e.type))throw new Ys(e.type)}plan(e,s){cn(s);let{defaultAuditLevel:r,storageClock:n}=this.#e,a=Ba(s),i=s.recurring===void 0?null:xi(s.recurring,n.now()),o=i===null?a===_s||"inMs"in a&&a.inMs===0:i.nextRunAt<=n.now(),u=i===null?ye:hn;return{type:e.type,handler:e.handlerName??e.type,status:o?"Queued":"WaitingQueue",due:o?_s:i===null?a:{at:i.nextRunAt},auditLevel:s.auditLevel===void 0?e.auditLevel??r:Rt(s.auditLevel,"auditLevel"),queue:this.#s(s.queue===void 0?e.queue??u:s.queue),priority:s.priority===void 0?e.priority??0:Ss(s.priority,"priority"),taskKey:s.taskKey===void 0?null:As(s.taskKey),retryPolicy:s.retry===void 0?null:Fi(s.retry,"retry"),series:i}}#s(e){return this.#e.queues.has(e)?e:(Pe(e,"queue"),this.#t.has(e)||(this.#t.add(e),this.#e.logger.warn('There is no queue "{queue}": its tasks go to "default". Add it to the queues of createEverTask.',{queue:e})),ye)}};var qi=5e3,js=class{#e;#t;#s;constructor(e){this.#e=e,this.#t=new Ks(e),this.#s=new $e({write:s=>e.storage.persist(s),clock:e.clock,maxBatch:500,concurrency:2,retryForMs:e.retryForMs})}idle(){return this.#s.idle()}async dispatch(e,s,r={}){this.#t.checkRegistered(e);let n=ln(e.type,e.payload,s),a=n instanceof Promise?await n:n,i=this.#e.opening();i!==null&&await i;let o;try{o=this.#t.plan(e,r)}catch(d){if(!(d instanceof os)||r.taskKey===void 0)throw d;let l=await this.#e.storage.getByTaskKey(r.taskKey);if(!d.concerns(l))throw d;return{id:l.id,outcome:"existing"}}r.signal?.throwIfAborted();let u=this.#e.newId(),{instrumentation:c}=this.#e;return c===void 0?await this.#r(o,u,a,null,r):await c.dispatch(Wi(o,u,1),d=>this.#r(o,u,a,d,r))}async dispatchMany(e,s,r={}){this.#t.checkRegistered(e),Ga(s,r);let n=[];for(let d of s){let l=ln(e.type,e.payload,d);n.push((l instanceof Promise?await l:l).text)}let a=this.#e.opening();a!==null&&await a;let i=this.#t.plan(e,r);if(r.signal?.throwIfAborted(),n.length===0)return[];let o=n.map(()=>this.#e.newId()),{instrumentation:u}=this.#e,c=d=>this.#n(i,o,n,d,r);return u===void 0?c(null):await u.dispatch(Wi(i,o[0],o.length),c)}async#r(e,s,r,n,{connection:a,signal:i}){let o=this.#e.worker(),u=this.#a(o,e,s,i),c=u instanceof Promise?await u:u,{queue:d}=c;a!==void 0&&o?.places.unreserve(c);let l=a===void 0?c.claimFor:null,E={...e,queue:d,id:s,request:r.text,traceContext:n,claimFor:l},f;try{f=a===void 0?await this.#s.add(E):(await this.#e.storage.persist([E],{connection:a}))[0]}catch(m){throw l!==null&&(o.places.unreserve(c),Oe(m)&&o.doubt()),m}if(f.outcome!=="existing"&&this.#i(E,f.id),f.claimed){let m=this.#e.clock.monotonic(),T=Sh(E,this.#e.storageClock.at(m));o.handOver(T,c,r.value,m)}else l!==null&&o.places.unreserve(c),f.outcome!=="existing"&&this.#o(o,E);return{id:f.id,outcome:f.outcome}}async#n(e,s,r,n,{connection:a,signal:i}){let{storage:o,clock:u,retryForMs:c}=this.#e,d=this.#e.worker(),l=[];for(let E=0;E<s.length;E+=qi){let f=await this.#a(d,e,s[E],i);d?.places.unreserve(f);let{queue:m}=f,T=s.slice(E,E+qi).map((N,p)=>({...e,queue:m,id:N,request:r[E+p],traceContext:n,claimFor:null})),S=a===void 0?await ws(u,c,()=>o.persist(T)):await o.persist(T,{connection:a});for(let{id:N,outcome:p}of S)l.push({id:N,outcome:p});this.#o(d,T[0]);for(let N of T)this.#i(N,N.id)}return l}#a(e,{status:s,queue:r},n,a){return e===null||s!=="Queued"?{id:n,queue:r,claimFor:null}:En(e,this.#e.queues,r,n,a)}#o(e,{due:s,queue:r}){if(e===null)return;let n=this.#e.storageClock.now(),a="at"in s?s.at:n+s.inMs;a<=n?e.storedDue(r):e.expectDue(a)}#i(e,s){let{events:r,definitions:n,storageClock:a}=this.#e;if(!r.wants("dispatched",e.type))return;let{type:i,request:o,queue:u,taskKey:c,series:d,traceContext:l}=e,E={id:s,type:i,request:o,queue:u,taskKey:c,series:d,attempt:0,traceContext:l},f=n.get(i);r.emit(me("dispatched",a.now(),E,f))}};function Sh(t,e){return{id:t.id,type:t.type,request:t.request,status:t.status,auditLevel:t.auditLevel,queue:t.queue,priority:t.priority,taskKey:t.taskKey,createdAt:e,dueAt:e,attempt:1,lostCount:0,leaseToken:1,cancelRequested:!1,rateSlotAt:null,traceContext:t.traceContext,retryPolicy:t.retryPolicy,series:t.series===null?null:{...t.series,runCount:0}}}function Wi({type:t,queue:e,taskKey:s,series:r},n,a){return{taskId:n,type:t,queue:e,taskKey:s,recurring:r!==null,count:a}}var Pn={Information:0,Warning:1,Error:2};function Hi(t){g(t,["severity","types","kinds"],"filter");let{severity:e,types:s,kinds:r}=t;e!==void 0&&fe(e,Object.keys(Pn),"filter.severity"),s!==void 0&&Se(s,null,"filter.types"),r!==void 0&&Se(r,Object.keys(ft),"filter.kinds")}function Pi({severity:t,kinds:e}){let s=Object.keys(ft);return new Set(s.filter(r=>(e===void 0||e.includes(r))&&(t===void 0||Pn[ft[r]]>=Pn[t])))}var $i=1e4,zs=class{#e;#t=new Set;#s=new Set;#r=0;constructor(e){this.#e=e}wants(e,s){if(!this.#s.has(e))return!1;for(let r of this.#t)if(r.wants(e,s))return!0;return!1}get lost(){return this.#r}subscribe(e,s={}){if(typeof e!="function")throw new h("handler",e,"be a function that takes an event");Hi(s);let r=new $n(e,s,this.#e,()=>this.#r++);return this.#t.add(r),this.#n(),()=>{r.end(),this.#t.delete(r),this.#n()}}emit(e){for(let s of this.#t)s.offer(e)}async*[Symbol.asyncIterator](){let e=[],s=()=>{},r=this.subscribe(n=>{e.push(n),s(),!(e.length<=$i)&&(e.shift(),this.#r++)});try{for(;;){for(;e.length>0;)yield e.shift();await new Promise(n=>s=n)}}finally{r()}}async idle(){await Promise.all([...this.#t].map(e=>e.idle()))}#n(){this.#s=new Set([...this.#t].flatMap(({kinds:e})=>[...e]))}},$n=class{#e;kinds;#t;#s;#r;#n=[];#a=null;#o=!1;constructor(e,s,r,n){this.#e=e,this.kinds=Pi(s),this.#t=s.types,this.#s=r,this.#r=n}wants(e,s){return this.kinds.has(e)?this.#t===void 0||s===void 0||this.#t.includes(s):!1}offer(e){if(this.wants(e.kind,e.taskType)){if(this.#n.length>=$i){this.#r();return}this.#n.push(e),this.#a??=this.#i()}}end(){this.#o=!0,this.#n=[]}async idle(){for(;this.#a!==null;)await this.#a}async#i(){for(await null;this.#n.length>0;){let e=this.#n;this.#n=[];for(let s of e){if(this.#o)break;try{let r=this.#e(s);r!==void 0&&await r}catch(r){this.#s.error("A subscriber failed on the event {kind} of task {taskId}: {error}",{kind:s.kind,taskId:s.taskId,error:r})}}}this.#a=null}};var wt=class{#e;#t=Promise.resolve();constructor(e){this.#e=e}tell(e){let s=this.#e.storageClock.now();return this.#t=this.#t.then(async()=>{for(let r of e)await this.#s(r,s)})}idle(){return this.#t}async#s(e,s){let{storage:r,events:n,logger:a,definitions:i}=this.#e,{kind:o,taskId:u,type:c,queue:d="",details:l={}}=e;if(!n.wants(o,c))return;let E={...mt(c??"",d),id:u};try{let f=await r.get(u);f!==null&&(E=f)}catch(f){a.warn("Task {taskId} could not be read to tell of it: {error}",{taskId:u,error:f})}n.emit(me(o,s,E,i.get(E.type),l))}};var _h=2e3,Rh=4,Xs=class{#e;#t;constructor(e,s){this.#e=e,this.#t=s}async growth(){return await(await this.#e()).auditGrowth()}async purge(e,s={}){Gn(e),g(s,["dryRun","signal"],"options");let{dryRun:r=!1,signal:n}=s;if(typeof r!="boolean")throw new h("options.dryRun",r,"be true or false");let a=await this.#e(),i=r?Number.MAX_SAFE_INTEGER:_h,o={statusAudit:0,runsAudit:0,executionLog:0,tasks:0};for(;;){let u=this.#t.monotonic(),c=await a.purge(e,{budget:i,dryRun:r});if(o.statusAudit+=c.statusAudit,o.runsAudit+=c.runsAudit,o.executionLog+=c.executionLog,o.tasks+=c.tasks,c.done||c.busy||r||n?.aborted)return{...o,done:c.done,busy:c.busy};await this.#s(Rh*(this.#t.monotonic()-u),n)}}#s(e,s){return new Promise(r=>{let n=()=>{a(),s?.removeEventListener("abort",n),r()},a=this.#t.setTimer(n,e);s?.addEventListener("abort",n)})}},Gi=["statusAuditDays","runsAuditDays","errorAuditDays","executionLogDays","maxExecutionLogsPerTask"];function Gn(t,e=[]){g(t,[...Gi,"deleteCompletedTasksAfterRetention",...e],"retention");for(let n of Gi){let a=t[n]??null;if(a!==null&&(typeof a!="number"||!Number.isFinite(a)))throw new h(`retention.${n}`,a,"be a number, or null for no limit")}let{maxExecutionLogsPerTask:s,deleteCompletedTasksAfterRetention:r=!1}=t;if(!Number.isInteger(s??0)){let n="be an integer, or null for no limit";throw new h("retention.maxExecutionLogsPerTask",s,n)}if(typeof r!="boolean")throw new h("retention.deleteCompletedTasksAfterRetention",r,"be true or false")}function Bi(t){Gn(t,["every"]);let{every:e={hours:1},...s}=t;return{policy:s,everyMs:Math.max(1e3,k(e,"retention.every"))}}var Vs=class{#e;#t;#s;#r;#n=new AbortController;#a=()=>{};#o=Promise.resolve();constructor(e,s,r,n){this.#e=e,this.#t=s,this.#s=r,this.#r=n}start(){this.#o=this.#i()}async stop(){this.#n.abort(),this.#a(),await this.#o}async#i(){let{signal:e}=this.#n;try{let{busy:s,done:r,...n}=await this.#e.purge(this.#t.policy,{signal:e});Object.values(n).some(a=>a>0)&&this.#r.info("Retention deleted {deleted}",{deleted:n})}catch(s){this.#r.error("Retention failed; it is tried again later: {error}",{error:s})}e.aborted||(this.#a=this.#s.setTimer(()=>{this.#o=this.#i()},this.#t.everyMs))}};var Qi=["trace","debug","info","warn","error"];function Yi(t,e){let s=Qi.filter(n=>typeof t?.[n]!="function");if(s.length===0)return;let r=`have the methods ${Qi.join(", ")} (it lacks ${s.join(", ")})`;throw new h(e,t,r)}function hs(t,e={}){return t.replace(/\{(\w+)\}/g,(s,r)=>{if(!Object.hasOwn(e,r))return s;let n=e[r];if(typeof n=="string")return n;if(n instanceof Error)return`${n.name}: ${n.message}`;try{return JSON.stringify(n)??String(n)}catch{return String(n)}})}var Bn={trace(){},debug(){},info(){},warn:(t,e)=>console.warn(`[EverTask] ${hs(t,e)}`),error:(t,e)=>console.error(`[EverTask] ${hs(t,e)}`)};var Qn={Trace:0,Debug:1,Information:2,Warning:3,Error:4,Critical:5},Ki=Object.keys(Qn);function ji({lines:t,dropped:e},s){let r=t.slice(0,Math.max(0,s)),n=e+t.length-r.length;if(n===0)return t;let a=`${n} more lines were dropped: the limit of a run is reached.`;return[...r,{...t[0],level:"Warning",message:a,exception:null,agoMs:0}]}var Js=class{#e;#t;#s;#r;#n=[];#a=0;constructor(e,s,r,n){this.#e=e,this.#t=s,this.#s=r,this.#r=n}trace(e,s){this.#e.trace(e,s),this.#o("Trace",e,s)}debug(e,s){this.#e.debug(e,s),this.#o("Debug",e,s)}info(e,s){this.#e.info(e,s),this.#o("Information",e,s)}warn(e,s){this.#e.warn(e,s),this.#o("Warning",e,s)}error(e,s){this.#e.error(e,s),this.#o("Error",e,s)}take(){let e=this.#r(),s=this.#n.splice(0).map(({at:n,...a})=>({...a,agoMs:e-n})),r=this.#a;return this.#a=0,{lines:s,dropped:r}}#o(e,s,r={}){if(this.#s===null||Qn[e]<Qn[this.#s.minimumLevel])return;if(this.#n.length>=this.#s.maxLinesPerRun){this.#a++;return}let n=r.error??r.exception,a=n instanceof Error?Ae(n):null,i=hs(s,r);this.#n.push({...this.#t,level:e,message:i,exception:a,at:this.#r()})}};var Es=class extends A{name="RateLimitRejectedError";key;constructor(e,s,r,n){let a=s===""?`task "${e}"`:`task "${e}" and key "${s}"`;super(`The rate limit of ${a} has no slot within ${n} ms (the next one is in ${r} ms): dispatch fewer tasks, or raise permits, burst or maxReservationHorizon.`),this.key=s}};function Zs(t,e){if(typeof t!="object"||t===null)throw new h(e,t,"be an object with permits and period");let{permits:s,burst:r=s,overflow:n="WaitForCapacity",scope:a="store",key:i}=t,{startEmpty:o=!1,throttleRetries:u=!0}=t;He(s,`${e}.permits`),He(r,`${e}.burst`);let c=k(t.period,`${e}.period`);if(c===0)throw new h(`${e}.period`,t.period,"be longer than nothing");let d=t.maxReservationHorizon??{hours:1},l=k(d,`${e}.maxReservationHorizon`);if(fe(n,["WaitForCapacity","Discard"],`${e}.overflow`),fe(a,["store","memory"],`${e}.scope`),i!==void 0&&typeof i!="function")throw new h(`${e}.key`,i,"be a function of the payload");let E=Math.min(40,Math.max(c/25,4)),f=Math.max(c/s,(c+E)/(s+1)),m=f*(s+1)-c;return{emissionIntervalMs:f,burst:r,startEmpty:o,throttleRetries:u,horizonMs:n==="Discard"?0:l,scope:a,graceMs:m/2-1,mostAheadMs:n==="Discard"?0:Math.min(100,Math.max((r-1)/2,1/20)*f),key:i===void 0?void 0:T=>t.key(T)}}function zi(t){return Yn(t),t}var wh=["onStarted","onCompleted","onError","onRetry"];function Yn(t){if(typeof t!="object"||t===null)throw new h("task",t,"be a task made by defineTask");let e=typeof t.type=="string"?`task "${t.type}"`:"task";if(typeof t.type!="string"||t.type===""||t.type.length>200)throw new h("task.type",t.type,"be a text of 1 to 200 characters");if(typeof t.handle!="function")throw new h(`${e}: handle`,t.handle,"be a function");for(let s of wh)if(!(t[s]===void 0||typeof t[s]=="function"))throw new h(`${e}: ${s}`,t[s],"be a function");if(t.handlerName!==void 0&&gh(t.handlerName,`${e}: handlerName`),t.payload!==void 0&&typeof t.payload?.["~standard"]?.validate!="function"){let s="be a Standard Schema validator, such as a zod schema";throw new h(`${e}: payload`,t.payload,s)}t.queue!==void 0&&Pe(t.queue,`${e}: queue`),t.priority!==void 0&&Ss(t.priority,`${e}: priority`),t.auditLevel!==void 0&&Rt(t.auditLevel,`${e}: auditLevel`),t.timeout!==void 0&&k(t.timeout,`${e}: timeout`),t.rateLimit!==void 0&&Zs(t.rateLimit,`${e}: rateLimit`),t.retry!==void 0&&Tt(t.retry,`${e}: retry`)}function gh(t,e){if(!(typeof t=="string"&&t!==""&&t.length<=500))throw new h(e,t,"be a text of 1 to 500 characters")}var Q={now:()=>Date.now(),monotonic:()=>performance.now(),setTimer(t,e,s={}){if(e===1/0)return()=>{};let r=performance.now()+e,n,a=()=>{let i=Math.max(0,r-performance.now());n=i>2147483647?setTimeout(a,2147483647):setTimeout(t,Math.ceil(i)),s.unref&&Oh(n)};return a(),()=>clearTimeout(n)}};function Oh(t){typeof t=="object"&&t!==null&&"unref"in t&&t.unref()}function Xi(t){return()=>{let e=new Uint8Array(4);return t(e),new DataView(e.buffer).getUint32(0)/2**32}}var Ji=t=>{crypto.getRandomValues(t)},Vi=Array.from("0123456789abcdef",t=>t.charCodeAt(0)),yh=45,Kn=8,Ih=256;function Zi(t,e){let s=new Uint8Array(Kn*Ih),r=s.length,n=-1,a=0,i=new Array(36).fill(yh);return()=>{r===s.length&&(e(s),r=0);let c=r;r+=Kn;let d=t();d>n?o(d,s[c+7]<<3|s[c]>>5):++a>4095&&o(n+1,0),u(14,112|a>>8),u(16,a&255),u(19,128|s[c]&63),u(21,s[c+1]);for(let l=2;l<Kn;l++)u(20+2*l,s[c+l]);return String.fromCharCode.apply(null,i)};function o(c,d){n=c,a=d;for(let l=0,E=c;l<6;l++,E=Math.floor(E/256))u(Ch[l],E%256)}function u(c,d){i[c]=Vi[d>>4],i[c+1]=Vi[d&15]}}var Ch=[11,9,6,4,2,0],xh=/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;function jn(t){return typeof t=="string"&&xh.test(t)}function Ye(t){let e=typeof t=="string"?t.toLowerCase():t;return jn(e)?e:null}var er=class extends A{name="DuplicateTaskTypeError";taskType;constructor(e){super(`Two tasks have the type "${e}": give one of them another type.`),this.taskType=e}},Dh=["storage","tasks","defaultAuditLevel","queues","retry","timeout","abortGrace","logger","persistentLogs","retention","leaseDuration","poisonLimit","dispatchRetryFor","host","instrumentation","clock","random"],Uh=ds(3,{milliseconds:500});function eo(t){typeof t=="object"&&t!==null&&g(t,Dh,"options")}function to(t){if(typeof t!="object"||t===null)throw new h("options",t,"be an object with storage and tasks");let{storage:e,poisonLimit:s=5,defaultAuditLevel:r="Full",random:n=Ji}=t;if(typeof e?.persist!="function")throw new h("storage",e,"be a storage such as sqliteStorage(\u2026)");if(!Number.isInteger(s)||s<0)throw new h("poisonLimit",s,"be an integer of at least 0");let a=k(t.leaseDuration??{seconds:15},"leaseDuration");if(a<100){let u="be at least 100 ms: the heartbeat must come in time";throw new h("leaseDuration",t.leaseDuration,u)}t.retry!==void 0&&Tt(t.retry,"retry"),t.logger!==void 0&&Yi(t.logger,"logger"),t.host!==void 0&&vh(t.host);let{userAgent:i="",hardwareConcurrency:o=2}=globalThis.navigator??{};return{storage:e,definitions:Mh(t.tasks),defaultAuditLevel:Rt(r,"defaultAuditLevel"),queues:Ja(t.queues??{},o),execution:{retry:t.retry??Uh,timeoutMs:t.timeout===void 0?1/0:k(t.timeout,"timeout"),graceMs:k(t.abortGrace??{seconds:5},"abortGrace"),capture:bh(t.persistentLogs??!1),instrumentation:t.instrumentation,random:Xi(n)},lease:{leaseMs:a,heartbeatMs:a/3,poisonLimit:s,host:t.host??i},logger:t.logger??Bn,dispatchRetryMs:k(t.dispatchRetryFor??{seconds:15},"dispatchRetryFor"),retention:t.retention===void 0?null:Bi(t.retention),clock:t.clock??Q,random:n}}function Mh(t){if(!Array.isArray(t))throw new h("tasks",t,"be a list of tasks made by defineTask");let e=new Map;for(let s of t){if(Yn(s),e.has(s.type))throw new er(s.type);e.set(s.type,s)}return e}function vh(t){if(!(typeof t=="string"&&t.length<=400))throw new h("host",t,"be a text of at most 400 characters")}function bh(t){if(t===!1)return null;t!==!0&&g(t,["minimumLevel","maxLinesPerRun"],"persistentLogs");let{minimumLevel:e="Information",maxLinesPerRun:s=1e3}=t===!0?{}:t;return fe(e,Ki,"persistentLogs.minimumLevel"),He(s,"persistentLogs.maxLinesPerRun"),{minimumLevel:e,maxLinesPerRun:s}}async function v(t,e,s){let r=()=>{},n=new Promise(a=>{r=t.setTimer(a,e)});s.catch(()=>{});try{await Promise.race([s,n])}finally{r()}}var Fh=1e3,fs=class extends A{name="StoppedError";constructor(){super("This instance has been stopped: make a new one with createEverTask.")}},tr=class{#e;#t=null;#s=null;#r=!1;#n=!1;#a=null;#o=null;#i=null;constructor(e){this.#e=e}get worker(){return this.#t}opening(){return this.#r&&this.#i===null?null:this.#d()}async opened(){return await this.#d(),this.#e.settings.storage}start(){return this.#i!==null?Promise.reject(new fs):this.#o??=this.#c().catch(e=>{throw this.#o=null,e})}stop(e){return this.#i??=this.#u(e)}async#c(){await this.#d();let e=this.#e.newWorker();await e.start(),this.#t=e,this.#s=this.#e.newRetention(),this.#s?.start()}async#u(e){let{settings:s,allDispatched:r,allHeard:n}=this.#e,{clock:a,storage:i,lease:{leaseMs:o},dispatchRetryMs:u}=s;if(this.#t===null){let d=Promise.all([this.#o,this.#a]).catch(()=>{});await v(a,o,d)}let c=this.#s?.stop()??Promise.resolve();await this.#t?.stop(e),await v(a,o,c),await v(a,u,r()),await v(a,Fh,n()),this.#n=!0,await v(a,o,i.close())}async#d(){if(this.#n||this.#i!==null&&this.#t===null)throw new fs;if(this.#r)return;let{settings:e,storageClock:s}=this.#e;this.#a??=e.storage.open().then(({now:r})=>{s.sync(r),this.#r=!0},r=>{throw this.#a=null,r}),await this.#a}};var sr=class{#e;#t;#s;constructor(e,s,r){this.#e=new Set(e),this.#t=s,this.#s=r}async pause(e){await this.#r(e,!0)}async resume(e){await this.#r(e,!1)}async backlog(){return await(await this.#t()).backlog()}async list(){return(await(await this.#t()).statistics()).queues}async#r(e,s){Pe(e,"queue");let r=await this.#t();this.#e.has(e)||await this.#n(e),await r.setQueuePaused(e,s),this.#s()}async#n(e){let s=new Set(this.#e);for(let n of await this.list())s.add(n.queue);if(s.has(e))return;let r=`be one of the queues there are: ${[...s].join(", ")}. Add it to the queues of createEverTask if it has no tasks yet`;throw new h("queue",e,r)}};var rr=class{#e;#t;constructor(e,s){this.#e=e,this.#t=s}async list(e){let{items:s,next:r}=await(await this.#e()).list({recurring:!0},e);return{items:s.map(qh),next:r}}async runNow(e){let s=Ye(e);if(s===null)return!1;let[r]=await(await this.#e()).makeDue([s]);return r&&this.#t(),r}};function qh(t){let{id:e,type:s,taskKey:r,queue:n,status:a,lastExecutionAt:i}=t,{info:o,nextRunAt:u,runCount:c,maxRuns:d}=t.series;return{id:e,type:s,taskKey:r,queue:n,status:a,info:o,nextRun:u===null?null:new Date(u),lastRun:i===null?null:new Date(i),runCount:c,maxRuns:d}}var De=["WaitingQueue","Queued","InProgress","Pending","Cancelled","Completed","Failed","ServiceStopped"];var Wh=["statuses","types","queues","recurring","createdFrom","createdBefore"];function so(t){g(t,Wh,"filter");let{statuses:e,types:s,queues:r,recurring:n}=t;if(e!==void 0&&Se(e,De,"filter.statuses"),s!==void 0&&Se(s,null,"filter.types"),r!==void 0&&Se(r,null,"filter.queues"),n!==void 0&&typeof n!="boolean")throw new h("filter.recurring",n,"be true or false");for(let a of["createdFrom","createdBefore"]){if(t[a]===void 0||Number.isSafeInteger(t[a]))continue;let i="be whole epoch milliseconds, such as date.getTime()";throw new h(`filter.${a}`,t[a],i)}}var nr=class{#e;#t;constructor(e){this.#e=e,this.#t=e.now()-e.monotonic()}sync(e){this.#t=e-this.#e.monotonic()}now(){return Math.round(this.#e.monotonic()+this.#t)}at(e){return Math.round(e+this.#t)}};var ar=new Map;function ro({schedule:t,anchorAt:e,maxRuns:s,runUntil:r}){let n=ar.get(t);return n===void 0&&(ar.size>=1e3&&ar.clear(),n=Qe(JSON.parse(t)),ar.set(t,n)),{...n,anchor:e,...s===null?{}:{maxRuns:s},...r===null?{}:{runUntil:r}}}function ir(t,e,s,r){let n=e.nextRunAt??t.dueAt,{runCount:a}=e;try{let i={scheduledAt:n,now:s,servedSince:r,runCount:a};return Hh(ro(e),t,i)}catch(i){return{kind:"postpone",reason:`The schedule "${e.info}" cannot be read by this worker; another may know it. The run is tried again later: ${Ae(i)}`,dueInMs:$h(s-n)}}}function Hh(t,e,s){let{scheduledAt:r,now:n}=s;if(Ph(e,r))return{kind:"run",scheduledAt:e.dueAt,skipped:0};let a=zn(e),i=Ii(t,a?{...s,servedSince:1/0}:s),{nextRunAt:o,skipped:u}=i;return o!==null&&(o<=n||o===r)?{kind:"run",scheduledAt:o,skipped:u}:a?{kind:"run",scheduledAt:r,skipped:0}:{kind:"skip",next:i}}function Ph(t,e){return t.dueAt<e&&t.status!=="Queued"}function zn({attempt:t,rateSlotAt:e,status:s}){return t>1||e!==null||s==="Pending"||s==="ServiceStopped"}function $h(t){return Math.min(Math.max(t,6e4),36e5)}function Xn(t,e,s,r){let n=t.runCount+(r?1:0),a=ro(t),{nextRunAt:i}=t;return i!==null&&e<i&&s<i?{nextRunAt:n>=(a.maxRuns??1/0)?null:i,skipped:0}:yi(a,{scheduledAt:e,now:s,runCount:n})}function ms({storedAt:t},e,s){return e.map(({status:r,exception:n,at:a})=>({status:r,exception:n,agoMs:Math.floor(Math.max(0,s-Math.max(a,t)))}))}var or=class{#e;constructor(e){this.#e=e}report(e){this.#e.writer.report(e,s=>{!s&&e.phase==="running"&&!e.completedByHandler&&e.abort(new B(e.task.id))})}reportFirst(e){return e.reported=!0,new Promise((s,r)=>{e.signal.addEventListener("abort",()=>r(e.abortReason),{once:!0}),this.#e.writer.report(e,n=>{n?s():e.abort(new B(e.task.id))})})}record(e,s,r,n){let{writer:a,clock:i,storageClock:o}=this.#e,u=i.monotonic(),c=u-e.startedAt;e.step(s.status,s.exception,u);let d=this.#t(e,s,o.at(u)),l=d===null?{kind:"change",change:{...Bh(s),executionTimeMs:c}}:{kind:"run",run:{executionTimeMs:c,nextRunAt:d.nextRunAt}};a.end(e,l,E=>{E?this.#s(e,s,d,c,r,n):this.#e.teller.emit("leaseLost",e)})}skipOccurrence(e,s){e.phase="ended";let r=s.nextRunAt===null?"Completed":"WaitingQueue";e.step(r,null,this.#e.clock.monotonic());let n={executionTimeMs:0,nextRunAt:s.nextRunAt,counts:!1};this.#e.writer.end(e,{kind:"run",run:n},a=>{a&&this.#r(e,s)})}defer(e,s,r){let n=e.task.status==="Pending"?"Pending":"WaitingQueue",a={dueInMs:r,returnAttempt:!0,rateSlotAt:s};this.recordUnstarted(e,{status:n,exception:null},a)}skipRejected(e){let{storageClock:s}=this.#e,r=s.now(),n=e.task.series,a=ir(e.task,n,r,s.at(e.servedSince));if(a.kind==="postpone")return this.postpone(e,a.reason,a.dueInMs);if(a.kind==="skip")return this.skipOccurrence(e,a.next);let i=Xn(n,a.scheduledAt,r,!1);this.skipOccurrence(e,{...i,skipped:a.skipped+i.skipped})}postpone(e,s,r){this.#e.logger.error("A run of series {taskId} ({type}) was put off: {reason}",{taskId:e.task.id,type:e.task.type,reason:s});let n={status:"Failed",exception:s};this.recordUnstarted(e,n,{dueInMs:r,returnAttempt:!0})}recordUnstarted(e,s,r){e.phase="ended",e.step(s.status,s.exception,this.#e.clock.monotonic());let a=e.task.series!==null&&s.status==="Cancelled"?{kind:"run",run:{executionTimeMs:0,nextRunAt:null,counts:!1}}:{kind:"change",change:r};this.#e.writer.end(e,a,i=>{if(!i)return this.#e.teller.emit("leaseLost",e);r.dueInMs!==void 0&&this.#n(r.dueInMs),s.status==="Cancelled"&&this.#e.teller.emit("cancelled",e),s.status==="Failed"&&this.#e.teller.emit("failed",e,{exception:s.exception})})}async complete(e,s){let{storage:r,clock:n,storageClock:a}=this.#e;if(e.phase==="ended")throw new B(e.task.id);let i=n.monotonic(),o={status:"Completed",exception:null,agoMs:0},u={taskId:e.task.id,auditLevel:e.task.auditLevel,steps:[...ms(e,e.steps,i),o],lease:e.lease,executionTimeMs:i-e.startedAt};e.reported=!0;let c=this.#t(e,o,a.at(i)),[d]=c===null?await r.setStatusMany([u],{connection:s}):await r.updateCurrentRunMany([{...u,nextRunAt:c.nextRunAt}],{connection:s});if(!d.applied)throw new B(e.task.id);e.completedByHandler={next:c}}async wasCompleted(e){let s=await this.#e.storage.get(e.task.id);return s===null||s.workerId!==e.lease.workerId||s.leaseToken!==e.lease.token}tellCompleted(e,s){this.#e.onHandedIn(e.task);let r=this.#e.clock.monotonic(),n={status:"Completed",exception:null},a=e.completedByHandler?.next??null;this.#s(e,n,a,r-e.startedAt,s,void 0)}#t(e,s,r){let{series:n}=e.task;if(n===null||s.dueInMs!==void 0)return null;if(s.status==="Cancelled"||e.cancelled)return{nextRunAt:null,skipped:0};let a=Xn(n,e.scheduledAt,r,!0);return{...a,skipped:e.skipped+a.skipped}}#s(e,s,r,n,a,i){this.#e.teller.ended(e,s,n,a,i),s.dueInMs!==void 0&&this.#n(s.dueInMs),r!==null&&this.#r(e,r)}#r(e,s){s.nextRunAt!==null&&this.#e.expectDue(s.nextRunAt),this.#e.teller.nextRun(e,s)}#n(e){this.#e.expectDue(this.#e.storageClock.now()+e)}},Gh={};function Bh({dueInMs:t,returnAttempt:e}){return t===void 0&&e===void 0?Gh:{...t===void 0?{}:{dueInMs:t},...e===void 0?{}:{returnAttempt:e}}}var ur=class{#e;#t=new Set;constructor(e){this.#e=e}async idle(){for(;this.#t.size>0;)await Promise.all(this.#t)}emit(e,s,r={}){let{events:n,storageClock:a}=this.#e,{task:i,definition:o,lease:{workerId:u}}=s;if(!n.wants(e,i.type))return;let c=me(e,a.now(),i,o,{workerId:u,...r});n.emit(c)}callHook(e,s,r){let n=(async()=>{try{await r()}catch(a){this.#e.logger.error("The hook {hook} of task {taskId} ({type}) failed: {error}",{hook:e,taskId:s.task.id,type:s.task.type,error:a})}s.phase==="ended"&&this.#e.logKeeper.keep(s)})();return this.#t.add(n),n.finally(()=>this.#t.delete(n))}started(e){if(!this.#e.events.wants("started",e.task.type))return;let s=Math.max(0,this.#e.storageClock.at(e.startedAt)-e.task.dueAt);this.emit("started",e,{waitMs:s})}ended(e,s,r,n,a){let{definition:i}=e,o={durationMs:r,exception:s.exception};switch(s.status){case"Completed":this.emit("completed",e,o),i.onCompleted&&this.callHook("onCompleted",e,()=>i.onCompleted(n));break;case"Failed":this.emit("failed",e,o),i.onError&&this.callHook("onError",e,()=>i.onError(n,a));break;case"Cancelled":this.emit("cancelled",e,o);break;case"Pending":this.emit("retrying",e,o);break;default:break}}nextRun(e,{nextRunAt:s,skipped:r}){let n=s===null?null:new Date(s).toISOString();if(r>0){this.#e.logger.info("Series {taskId} ({type}) skipped {count} missed occurrences; its next run: {nextRunUtc}",{taskId:e.task.id,type:e.task.type,count:r,nextRunUtc:n});let a=r===1?"an occurrence":`${r} occurrences`,i=`Task with id ${e.task.id} missed ${a}.`;this.emit("missed",e,{message:i,nextRunUtc:n,count:r})}s!==null&&this.emit("recurringScheduled",e,{nextRunUtc:n,count:r})}};var cr=class{#e;#t=!1;#s=15e3;#r=()=>{};constructor(e){this.#e=e}raise(){this.#t=!0,this.#s=15e3,this.#e.onDoubt()}async settle(e){this.#t&&(await this.#e.giveBackUnknown(e),this.#t=!1,this.#r(),!(this.#s>192e4)&&(this.#r=this.#e.clock.setTimer(()=>{this.#t=!0,this.#e.onDoubt()},this.#s),this.#s*=2))}stop(){this.#r()}};var dr=class{#e;#t=!0;#s=null;#r=!1;#n;#a=1/0;#o;#i=0;#c=()=>{};#u=1/0;constructor(e){this.#e=e,this.#o=e.storage.polling.idleMs;let{clock:s,giveBackUnknown:r}=e;this.#n=new cr({clock:s,giveBackUnknown:r,onDoubt:()=>this.wake()})}start(){this.#t=!1,this.lookEverywhere()}async stop(){this.#t=!0,this.#c(),await this.#s,this.#n.stop()}wake(){this.#t||(this.#r=!0,this.#s??=this.#E().finally(()=>{this.#s=null,this.#r&&this.wake()}))}lookEverywhere(){for(let e of this.#e.runners.values())e.mayHaveMore=!0;this.#d(),this.wake()}#d(){this.#a=1/0;for(let e of this.#e.runners.values())e.nextDueKnown=!1}doubt(){this.#n.raise()}expectDue(e){e>=this.#a||(this.#a=e,this.#s===null&&this.#m())}clockRead(){let{clock:e,storageClock:s}=this.#e,r=e.monotonic()+(this.#a-s.now());this.#s===null&&r<this.#u-1&&this.#m()}async#E(){await null;for(let e=0;this.#r&&!this.#t;){this.#r=!1;try{let s=await this.#l();await this.#h();let r=this.#a<=this.#e.storageClock.now();this.#i=r&&!s?this.#i+1:0;let{busyMs:n,idleMs:a}=this.#e.storage.polling;this.#o=s?n:Math.min(a,Math.max(n,this.#o*2)),e=0}catch(s){if(s instanceof ue){this.#e.onWorkerLost(s.workerId);break}e++,this.#r=!0,this.#e.logger.warn("Claiming tasks failed (try {failures}); it is tried again: {error}",{failures:e,error:s}),await new Promise(r=>this.#e.clock.setTimer(r,ge(e)))}}this.#m()}async#l(){let{storage:e,clock:s,storageClock:r,types:n,runners:a}=this.#e,i=this.#e.workerId();if(i===null||n.length===0)return!1;await this.#n.settle(i);let o=s.monotonic(),u=[];for(let[l,E]of a){let f=E.mayHaveMore?E.claimable(o):0;f>0&&u.push({name:l,limit:f})}if(u.length===0)return!1;for(let{name:l}of u)a.get(l).mayHaveMore=!1;let c;try{c=await e.claim({workerId:i,types:n,queues:u})}catch(l){for(let{name:E}of u)a.get(E).mayHaveMore=!0;throw Oe(l)&&this.#n.raise(),l}r.sync(c.now);let d=new Map;for(let{queue:l}of c.tasks)d.set(l,(d.get(l)??0)+1);for(let{name:l,limit:E}of u)d.get(l)===E&&(a.get(l).mayHaveMore=!0,a.get(l).nextDueKnown=!1);return this.#e.onClaimed(i,c.tasks),c.tasks.length>0}async#h(){if(this.#r||this.#e.types.length===0)return;let e=[...this.#e.runners.values()].filter(s=>!s.nextDueKnown&&!s.mayHaveMore&&!s.paused);if(e.length!==0){for(let s of e)s.nextDueKnown=!0;try{let s=e.map(n=>n.settings.name),r=await this.#e.storage.nextDueAt(s,this.#e.types);this.#a=Math.min(this.#a,r??1/0)}catch(s){for(let r of e)r.nextDueKnown=!1;throw s}}}#m(){if(this.#t)return;let{clock:e,storageClock:s}=this.#e,r=this.#i>1?ge(this.#i-1):0,n=Math.max(r,this.#a-s.now()),a=Math.min(n,this.#o),i=e.monotonic()+a;this.#c(),this.#u=i,a!==1/0&&(this.#c=e.setTimer(()=>{if(this.#u===i){if(this.#u=1/0,this.#a<=s.now())return this.lookEverywhere();this.#d(),this.wake()}},a))}};function no({definition:t},e,s){return t.timeout!==void 0?k(t.timeout,"timeout"):e.timeoutMs??s.timeoutMs}function ao({definition:t,task:e},s,r,n){if(e.retryPolicy!==null)try{return Hn(e.retryPolicy)}catch(a){n.error("The retry policy that task {taskId} ({type}) was dispatched with cannot be read; its definition's, its queue's or the instance's holds: {error}",{taskId:e.id,type:e.type,error:a})}return t.retry??s.retry??r.retry}function Vn(t,e,s){let{failure:r,abortReason:n,attempt:a}=t;if(n instanceof B)return null;if(r===void 0)return{status:"Completed",exception:null};if(n instanceof Ce)return{status:"Cancelled",exception:null};if(n instanceof xe)return{status:"ServiceStopped",exception:Ae(n),dueInMs:0,returnAttempt:!0};let{error:i}=r;if(i instanceof cs)return{status:"Pending",exception:null,dueInMs:i.delayMs,returnAttempt:!0};let o=n instanceof P,u=o?n:i,c=Ae(o&&i!==n?Qh(n,i):u);if(i instanceof us||i instanceof ie)return{status:"Failed",exception:c};let d=e.nextDelay(a,u,s);return d===null?{status:"Failed",exception:c}:!Number.isFinite(d)||d<0?{status:"Failed",exception:`${`The retry policy gave ${d} as the delay after attempt ${a}; it must give milliseconds of at least 0, or null.`}
${c}`}:{status:"Pending",exception:c,dueInMs:d}}function Qh(t,e){let s=new P(t.timeoutMs);return s.cause=e,s}var Ts=class{#e;#t;#s=null;constructor(e,s){this.#e=e,this.#t=s}get taskId(){return this.#e.task.id}get taskType(){return this.#e.task.type}get taskKey(){return this.#e.task.taskKey}get queue(){return this.#e.task.queue}get attempt(){return this.#e.task.attempt}get run(){let{series:e}=this.#e.task;return e===null?null:{number:this.#e.run,scheduledAt:new Date(this.#e.scheduledAt)}}get signal(){return this.#e.signal}get log(){let{logger:e,capture:s,monotonic:r}=this.#t,{run:n,task:{id:a}}=this.#e;return this.#s??=new Js(e,{taskId:a,run:n},s,r)}get dispatch(){return this.#t.dispatch}get complete(){let{complete:e}=this.#t;return s=>e(this.#e,s)}takeLog(){let e=this.#s?.take()??null;return e!==null&&e.lines.length>0?e:null}};var lr=class{#e;#t;#s=new Set;#r=1/0;#n=()=>{};constructor(e,s){this.#e=e,this.#t=s}get jobs(){return this.#s}add(e){this.#s.add(e),this.#a(Math.min(e.startedAt+100,e.deadlineAt))}remove(e){this.#s.delete(e)}setDeadline(e,s){e.deadlineAt=s,this.#a(s)}stop(){this.#n(),this.#r=1/0}#a(e){if(e>=this.#r)return;this.#n(),this.#r=e;let s=e-this.#e.monotonic();this.#n=this.#e.setTimer(()=>this.#o(),s)}#o(){this.#r=1/0;let e=this.#e.monotonic(),s=1/0;for(let r of[...this.#s]){if(!r.reported&&e>=r.startedAt+100&&(r.reported=!0,this.#t.onLongRunning(r)),e>=r.deadlineAt&&(r.deadlineAt=1/0,this.#t.onDeadline(r)),!this.#s.has(r))continue;let n=r.reported?1/0:r.startedAt+100;s=Math.min(s,n,r.deadlineAt)}this.#a(s)}};var hr=class{#e;#t;#s;#r=new Set;constructor(e){this.#e=e,this.#t=new lr(e.clock,{onLongRunning:s=>e.recorder.report(s),onDeadline:s=>this.#d(s)}),this.#s={logger:e.logger,capture:e.settings.capture,monotonic:()=>e.clock.monotonic(),dispatch:e.dispatch,complete:(s,r)=>e.recorder.complete(s,r)}}get running(){return this.#t.jobs}execute(e,s){let{storageClock:r,recorder:n}=this.#e;e.startedAt=s;let{series:a}=e.task;if(a!==null){let o=r.at(e.servedSince),u=ir(e.task,a,r.at(s),o);if(u.kind!=="run"){u.kind==="skip"?n.skipOccurrence(e,u.next):n.postpone(e,u.reason,u.dueInMs),this.#e.onSettled(e);return}e.scheduledAt=u.scheduledAt,e.skipped=u.skipped}e.phase="running",e.task.status!=="Queued"&&e.step("Queued",null,s),e.step("InProgress",null,s),e.task.lostCount===0&&this.#n(e,s);let i=new Ts(e,this.#s);e.context=i,this.#a(e,i).then(()=>this.#o(e,void 0),o=>this.#o(e,{error:o}))}refuse(e,s){let{clock:r,recorder:n}=this.#e;e.startedAt=r.monotonic(),e.phase="ended";let a={status:"Failed",exception:Ae(s)},i=new Ts(e,this.#s);e.context=i,n.record(e,a,i,s)}async idle(){for(;this.#r.size>0;)await Promise.all(this.#r)}abort(e,s){if(e.phase!=="running")return;s instanceof Ce&&(e.cancelled=!0);let r=e.abortReason===void 0;(r||s instanceof B)&&e.abort(s),r&&this.#t.setDeadline(e,this.#e.clock.monotonic()+this.#e.settings.graceMs)}giveUpAll(){for(let e of[...this.running])e.abortReason===void 0&&e.abort(new xe),this.#o(e,{error:e.abortReason})}stop(){this.#t.stop()}#n(e,s){e.startedAt=s;let{queue:r,settings:n}=this.#e;e.timeoutMs=no(e,r(e.task.queue),n),e.deadlineAt=s+e.timeoutMs,this.#t.add(e),this.#e.teller.started(e)}async#a(e,s){let{definition:r,task:n,payload:a}=e;n.lostCount>0&&(this.#t.add(e),await this.#e.recorder.reportFirst(e),this.#n(e,this.#e.clock.monotonic())),r.onStarted&&await this.#e.teller.callHook("onStarted",e,()=>r.onStarted(s));let i=a?.value;if(a===null){let c=Rs(n.type,r.payload,n.request);i=c instanceof Promise?await c:c}let{instrumentation:o}=this.#e.settings;if(o===void 0)return r.handle(i,s);let u={taskId:n.id,type:n.type,queue:n.queue,taskKey:n.taskKey,recurring:n.series!==null,attempt:n.attempt,waitMs:Math.max(0,this.#e.storageClock.at(e.startedAt)-n.dueAt),workerId:e.lease.workerId,traceContext:n.traceContext};await o.run(u,async()=>await r.handle(i,s))}#o(e,s){if(e.phase==="ended")return;e.phase="ended",this.#t.remove(e);let r=e.context;this.#e.logKeeper.keep(e),e.completedByHandler?this.#u(this.#c(e,r,s)):this.#i(e,r,s),this.#e.onSettled(e)}#i(e,s,r){let{recorder:n,teller:a,logger:i,queue:o,settings:u}=this.#e,{random:c}=u,d={failure:r,abortReason:e.abortReason,attempt:Math.max(1,e.task.attempt-e.task.lostCount)},l;try{let T=ao(e,o(e.task.queue),u,i);l=Vn(d,T,c)}catch(T){i.error("The retry policy of task {taskId} failed: {error}",{taskId:e.task.id,error:T}),l=Vn(d,ls(),c)}if(l===null)return;let{definition:E,task:f}=e,m=r?.error;if(l.status==="Pending"&&E.onRetry&&l.dueInMs!==void 0){let{dueInMs:T}=l,S=()=>E.onRetry(s,f.attempt,m,T),N=a.callHook("onRetry",e,S);this.#u(v(this.#e.clock,this.#e.settings.graceMs,N).then(()=>n.record(e,l,s,m)));return}n.record(e,l,s,m)}async#c(e,s,r){try{if(await this.#e.recorder.wasCompleted(e)){this.#e.recorder.tellCompleted(e,s);return}}catch(n){this.#e.logger.warn("Reading back task {taskId} failed: {error}",{taskId:e.task.id,error:n})}this.#i(e,s,r)}#u(e){this.#r.add(e),e.then(()=>this.#r.delete(e))}#d(e){let{teller:s,logger:r}=this.#e;if(e.abortReason===void 0){let n=new P(e.timeoutMs);s.emit("timeout",e,{exception:n.message}),this.abort(e,n);return}r.warn("The handler of task {taskId} ({type}) did not stop within {graceMs} ms after its signal had aborted. Its slot is given free; what it still does is not recorded.",{taskId:e.task.id,type:e.task.type,graceMs:this.#e.settings.graceMs}),s.emit("stuck",e),this.#o(e,{error:e.abortReason})}};var Er=class{#e;constructor(e){this.#e=e}async jobs(e){let{storage:s,logger:r,held:n,onFailed:a}=this.#e,i=new Map;for(let o of e){let{workerId:u}=o.lease;i.set(u,[...i.get(u)??[],o])}for(let[o,u]of i){let c=u.map(({task:d,lease:l})=>({taskId:d.id,token:l.token,dueAt:d.dueAt}));for(let{task:d}of u)n.delete(d);try{await s.release(o,c)}catch(d){a(),r.warn("Giving back {count} tasks failed: {error}",{count:c.length,error:d})}}}};var fr=class{#e;constructor(e){this.#e=e}onHeartbeat(e){let{clock:s,runners:r,claimer:n,cancel:a,giveBack:i}=this.#e;n.clockRead(),a(e.cancelRequests);for(let[o,u]of r){let c=e.pausedQueues.includes(o);c!==u.paused&&(u.paused=c,c?i(u):(u.resumedAt=s.monotonic(),n.lookEverywhere()))}}onReachable(){this.#e.claimer.lookEverywhere()}onLeasesLost(e){let{runners:s,executor:r,teller:n,held:a,logger:i}=this.#e,o=u=>u.lease.workerId===e;for(let u of[...r.running].filter(o))n.emit("leaseLost",u),r.abort(u,new B(u.task.id));for(let u of s.values())u.removeWhere(o);a.clear(),i.error("Worker {workerId} has lost its leases: its heartbeat was late. Its handlers are asked to stop.",{workerId:e})}onTasksReleased(e){e.length!==0&&(this.#e.reporter.tasksReleased(e),this.#e.claimer.lookEverywhere())}onStarved(e){let{reporter:s,suspects:r,workerId:n}=this.#e;s.starved(e,r(),n())}};var mr=class{task;definition;lease;payload;rateSlotAt;rateExempt=!1;startBy=-1/0;steps=[];phase="waiting";startedAt=0;storedAt=-1/0;servedSince=-1/0;deadlineAt=1/0;timeoutMs=1/0;scheduledAt=0;skipped=0;reported=!1;cancelled=!1;keptLog=!1;context=null;completedByHandler;#e=null;constructor(e,s,r,n){this.task=e,this.definition=s,this.lease={workerId:r,token:e.leaseToken},this.payload=n,this.rateSlotAt=e.rateSlotAt}get run(){return(this.task.series?.runCount??0)+1}get signal(){return(this.#e??=new AbortController).signal}get abortReason(){return this.#e?.signal.aborted?this.#e.signal.reason:void 0}abort(e){this.#e??=new AbortController,this.#e.abort(e)}step(e,s,r){this.steps.push({status:e,exception:s,at:r})}};var Jn="The worker that held the task was lost: its process ended or froze. The task is due again.",Zn="The task was lost with its worker too often: it may be ending its process. It is not tried again.",Tr=class{#e;#t;#s;#r;#n;#a;#o;#i=null;#c=0;#u=0;#d=0;#E=!1;#l=!1;#h=()=>{};#m=!1;#k=Promise.resolve();#f=null;constructor(e){this.#e=e.storage,this.#t=e.clock,this.#s=e.storageClock,this.#r=e.settings,this.#n=e.logger,this.#a=e.newId,this.#o=e.findings}get workerId(){return this.#i}get registeredAt(){return this.#c}get lastBeatAt(){return this.#u}async start(){await this.#N(),await this.#L(),this.#m||this.#p()}lose(e){this.#i===e&&(this.#i=null,this.#o.onLeasesLost(e),this.#E||this.#p(0))}beatSoon(){this.#i!==null&&this.#p(0)}async stop(){this.#E=!0,this.#h(),await this.#k;let e=this.#i;this.#i=null;try{e!==null&&await this.#e.unregisterWorker(e)}catch(s){this.#n.warn("Removing worker {workerId} failed; it will be found to be lost: {error}",{workerId:e,error:s})}await this.#f}async#N(){let e=this.#a(),s=this.#t.monotonic();await this.#e.registerWorker({id:e,host:this.#r.host}),this.#i===null&&(this.#i=e,this.#c=s,this.#u=s)}#p(e=this.#r.heartbeatMs){this.#h(),!this.#E&&(this.#m=!0,this.#d=this.#t.monotonic()+e,this.#h=this.#t.setTimer(()=>{this.#m=!1,this.#k=this.#A()},e))}async#A(){let e=this.#t.monotonic()-this.#d;e+this.#r.heartbeatMs>this.#r.leaseMs&&this.#o.onStarved(e);try{await this.#T(this.#S())}catch(r){this.#n.warn("The heartbeat failed; it is tried again: {error}",{error:r}),this.#l=!0,this.#w()}if(this.#m)return;let s=this.#t.monotonic()-this.#u<this.#r.heartbeatMs;this.#p(s?this.#r.heartbeatMs:this.#r.heartbeatMs/4)}async#T(e){let{leaseMs:s,heartbeatMs:r}=this.#r,n=this.#u+s-this.#t.monotonic(),a=Math.max(r,n),i=!1;if(await v(this.#t,a,e.then(()=>i=!0)),!i)throw new y(`Storage has not answered within ${Math.round(a)} ms.`)}async#S(){this.#i===null&&(this.#l=!0,await this.#N()),await this.#L(),this.#i!==null&&(this.#l&&this.#o.onReachable(),this.#l=!1)}async#L(){let e=this.#i,{leaseMs:s}=this.#r,r=this.#t.monotonic(),n=await this.#e.heartbeat(e,s);if(this.#i===e){if(this.#s.sync(n.now),!n.alive)return this.lose(e);this.#u=r,this.#o.onHeartbeat(n),n.othersLost&&this.#R()}}#R(){let{leaseMs:e,poisonLimit:s}=this.#r,r={leaseMs:e,poisonLimit:s,lostReason:Jn,poisonReason:Zn};this.#f??=this.#e.releaseLost(r).then(n=>this.#o.onTasksReleased(n),n=>{this.#n.warn("Taking the tasks of lost workers failed; it is tried again with the next heartbeat: {error}",{error:n})}).finally(()=>this.#f=null)}#w(){let e=this.#t.monotonic()-this.#u;if(this.#i!==null&&e>=this.#r.leaseMs){let s=this.#i;this.#i=null,this.#o.onLeasesLost(s)}}};var pr=class{#e;#t;constructor(e){this.#e=e;let{clock:s,retryForMs:r}=e;this.#t=new $e({write:async n=>(await e.storage.saveExecutionLogs(await this.#s(n)),n.map(()=>{})),clock:s,maxBatch:100,concurrency:1,retryForMs:r})}keep(e){let s=e.context?.takeLog()??null;if(s===null)return;let r=zn(e.task)||e.keptLog;e.keptLog=!0,this.#t.add({job:e,captured:s,continues:r}).catch(n=>{this.#e.logger.error("Storing {count} log lines of task {taskId} failed: {error}",{count:s.lines.length,taskId:e.task.id,error:n})})}idle(){return this.#t.idle()}async#s(e){let{storage:s,maxLinesPerRun:r}=this.#e,n=[],a=new Map;for(let{job:i,captured:o,continues:u}of e){let{run:c,task:d}=i,l=`${d.id} ${c}`,E=u?await s.countExecutionLogs(d.id,c,r):0,f=ji(o,r-E-(a.get(l)??0));a.set(l,(a.get(l)??0)+f.length),n.push(...f)}return n}};var Nr=class{#e;#t;#s;#r;constructor(e){this.#e=e.clock,this.#t=e.runner,this.#s=e.workerId,this.#r=e.held}isFull(e){return this.#s()!==null&&this.#t(e).isFull}reserve(e,s){let r=this.#s(),n=r!==null&&this.#t(e).reserve(this.#e.monotonic());return this.#n(e,s,n?r:null)}async waitForRoom(e,s,r){let n=this.#t(e);await n.waitForRoom(r);let a=this.#s();return a===null&&n.unreserve(),this.#n(e,s,a)}unreserve(e){e.claimFor!==null&&(this.#r.delete(e),this.#t(e.queue).unreserve())}#n(e,s,r){let n={id:s,queue:e,claimFor:r};return r!==null&&this.#r.add(n),n}};var kr=class{#e;#t;#s=null;#r=[];constructor(e){this.#e=e,this.#t=Math.max(1,Math.ceil(e.poisonLimit/2))}admits(e){if(e.task.lostCount<this.#t)return!0;if(this.#s===null)return this.#s=e,!0;let s=this.#e.runner(e.task.queue);return s.hold(e),s.freeSlot(),this.#r.push(e),!1}ended(e){if(e!==this.#s)return;this.#s=null;let s=new Set;for(let r of this.#r.splice(0)){let n=this.#e.runner(r.task.queue);n.unhold(r)&&(n.push(r),s.add(n))}queueMicrotask(()=>s.forEach(r=>this.#e.onChanged(r)))}};var ea=class{#e=[];#t=0;get length(){return this.#e.length-this.#t}push(e){this.#e.push(e)}shift(){let e=this.#e[this.#t];return this.#e[this.#t++]=void 0,this.#t>64&&this.#t*2>this.#e.length&&(this.#e=this.#e.slice(this.#t),this.#t=0),e}get first(){return this.#e[this.#t]}removeWhere(e){let s=[],r=[];for(let n of this.#e.slice(this.#t))(e(n)?s:r).push(n);return this.#e=r,this.#t=0,s}},ps=class{#e=new Map;#t=[];#s=0;get length(){return this.#s}push(e){let s=e.task.priority,r=this.#e.get(s);r===void 0&&(r=new ea,this.#e.set(s,r),this.#t=[...this.#e.keys()].sort((n,a)=>a-n)),r.push(e),this.#s++}shift(){return this.shiftIf(()=>!0)}shiftIf(e){for(let s of this.#t){let r=this.#e.get(s);if(r.length!==0)return e(r.first)?(this.#s--,r.shift()):void 0}}removeWhere(e){let s=[...this.#e.values()].flatMap(r=>r.removeWhere(e));return this.#s-=s.length,s}};var Lr=class{#e;#t;#s;#r=0;#n=0;constructor({parallelism:e,capacity:s,whenFull:r}){this.#e=r==="Store"?Math.min(2*e,s):s,this.#t=s,this.#s=this.#e}finished(){this.#r++}endingWithin(e,s){let r=this.target(s);return r>this.#e?Math.floor(r*Math.min(1,e/100)):0}target(e){let s=e-this.#n;if(s>=100){let r=this.#r/s,n=Math.max(r*100,this.#s/2);this.#s=Math.max(this.#e,Math.min(this.#t,Math.ceil(n))),this.#r=0,this.#n=e}else this.#r>this.#s&&(this.#s=Math.min(this.#t,2*this.#r));return this.#s}};var Ar=class{settings;paused=!1;resumedAt=-1/0;mayHaveMore=!0;nextDueKnown=!1;#e=new ps;#t=new ps;#s=new Set;#r=new Set;#n;#a;#o;#i=0;#c=0;#u=[];constructor(e){this.settings=e,this.#n=new Lr(e),this.#a=e.whenFull!=="Store",this.#o=e.capacity===1?0:Math.ceil(e.capacity/10)}get running(){return this.#i}get waiting(){return this.#t.length+this.#e.length}get isFull(){return this.#a&&!this.paused&&(this.#u.length>0||this.#d>=this.#E)}claimable(e){return this.paused?0:Math.max(0,this.#n.target(e)-this.#d)}runsLow(e){if(!this.mayHaveMore||this.paused)return!1;if(this.#a)return this.#d<=this.#E;let s=this.#n.target(e);return this.#d*2<=Math.max(s,2*this.settings.parallelism)}reserve(e){if(this.paused)return!1;if(this.#a){if(this.#d>=this.#E)return!1}else{let s=this.#n.target(e);if(this.#d>=(this.mayHaveMore?s/2:s))return!1}return this.#c++,!0}unreserve(){this.#c--,this.#l()}waitForRoom(e){return new Promise((s,r)=>{let n=()=>{e?.removeEventListener("abort",a),s()},a=()=>{this.#u=this.#u.filter(i=>i!==n),r(e.reason)};this.#u.push(n),e?.addEventListener("abort",a,{once:!0})})}letAllIn(){for(let e of this.#u.splice(0))this.#c++,e()}push(e){this.#e.push(e)}pushReady(e){this.#t.push(e)}hold(e){this.#s.add(e)}holdWithSlot(e){this.#r.add(e)}unhold(e){let s=this.#s.delete(e)||this.#r.delete(e);return this.#l(),s}get hasNext(){return this.waiting>0&&this.#i<this.settings.parallelism&&!this.paused}takeNext(){let e=this.#t.shift()??this.#e.shift();return e!==void 0&&this.#i++,e}holdThoseOf(e,s,r){let n=[],a=this.#t.length+this.#s.size,i=this.#n.endingWithin(e,s)-a;for(;n.length<i;){let o=this.#e.shiftIf(r);if(o===void 0)break;this.hold(o),n.push(o)}return n}freeSlot(){this.#i--,this.#n.finished(),this.#l()}sentAway(){this.#n.finished()}removeWhere(e){let s=[...this.#s,...this.#r].filter(e);for(let n of s)this.#s.delete(n)||this.#r.delete(n);let r=[...this.#t.removeWhere(e),...this.#e.removeWhere(e),...s];return r.length>0&&this.#l(),r}get#d(){return this.#i+this.waiting+this.#s.size+this.#c}get#E(){return this.settings.capacity-(this.mayHaveMore?this.#o:0)}#l(){for(;this.#u.length>0&&this.#d<this.#E;)this.#c++,this.#u.shift()()}};var Yh=1e3,Sr=class{#e;#t;#s;#r;#n=new Map;constructor(e){this.#e=e.events,this.#t=e.clock,this.#s=e.storageClock,this.#r=e.definitions}deferred(e,s){if(!this.#e.wants("rateLimitDeferred",e))return;let r=this.#n.get(e);if(r!==void 0){r.count++;return}this.#o(e,s,1),this.#a(e,s)}stop(){for(let[e,{count:s,queue:r,disarm:n}]of this.#n)n(),s>0&&this.#o(e,r,s);this.#n.clear()}#a(e,s){let r=this.#t.setTimer(()=>{let{count:n}=this.#n.get(e);this.#n.delete(e),n!==0&&(this.#o(e,s,n),this.#a(e,s))},Yh);this.#n.set(e,{count:0,queue:s,disarm:r})}#o(e,s,r){let n=r===1?`A task of type ${e} was deferred by its rate limit.`:`${r} tasks of type ${e} were deferred by their rate limit.`,a=mt(e,s),i=this.#r.get(e),o={count:r,message:n};this.#e.emit(me("rateLimitDeferred",this.#s.now(),a,i,o))}};var io={kind:"go"},oo=199,Kh="",_r=class{#e;#t;constructor(e){this.#e=e;let s=new Map;for(let{type:r,rateLimit:n}of e.definitions.values())n!==void 0&&s.set(r,Zs(n,"rateLimit"));this.#t=s}concerns({task:e,rateExempt:s}){let r=this.#t.get(e.type);return r===void 0||s||e.cancelRequested?!1:r.throttleRetries||e.attempt-e.lostCount<=1}mostAheadMs({task:e}){return this.#t.get(e.type)?.mostAheadMs??0}async ask(e,s){let r=this.#t.get(e.task.type),{storageClock:n,sources:a}=this.#e,i=e.rateSlotAt,o=i===null?0:i-n.now();if(o>0)return{kind:"wait",slotAt:i,waitMs:o};let u=await this.#s(e,r);if(u===null)return e.rateExempt=!0,io;let c=i===null?r.horizonMs:Number.MAX_SAFE_INTEGER,{emissionIntervalMs:d,burst:l,startEmpty:E,graceMs:f}=r,{slotAt:m,granted:T,now:S}=await a[r.scope].take({key:e.task.type+Kh+u,emissionIntervalMs:d,burst:l,startEmpty:E,horizonMs:c,reservedAt:i,graceMs:f,startWithinMs:s}),N=m-S;return T?(e.rateSlotAt=m,N>0?{kind:"wait",slotAt:m,waitMs:N}:io):{kind:"reject",error:new Es(e.task.type,u,N,c)}}async#s(e,{key:s}){if(s===void 0)return"";let{task:r,definition:n}=e;if(e.payload===null)try{e.payload={value:await Rs(r.type,n.payload,r.request)}}catch{return null}let a;try{let i=s(e.payload.value);if(typeof i=="string"&&i!==""&&i.length<=oo)return i;a=`it gave ${typeof i=="string"?`${i.length} characters`:typeof i}`}catch(i){a=i}return this.#e.logger.warn("The rate limit key function of task {taskId} ({type}) gave no text of 1 to {longestKey} characters; the task is let through without a slot: {fault}",{taskId:r.id,type:r.type,longestKey:oo,fault:a}),null}};function Rr(t,e,s){let{emissionIntervalMs:r,burst:n,reservedAt:a}=s,i=(n-1)*r,o=s.graceMs+1,u=s.startEmpty?e+i:e,{reservedTat:c,startedTat:d}=t??{reservedTat:u,startedTat:u},l=Math.max(e+s.startWithinMs,d)+r;if(a!==null){if(a>e)return{slotAt:a,granted:!0,budget:t};let m=e-a<=s.graceMs;if(d-i-(m?o:0)<=e)return{slotAt:e,granted:!0,budget:{reservedTat:c,startedTat:l}}}let E=Math.max(c,d-o),f=Math.max(e,Math.ceil(E-i-.001));return f>e+s.horizonMs?{slotAt:f,granted:!1,budget:t}:{slotAt:f,granted:!0,budget:{reservedTat:Math.max(e,E)+r,startedTat:f===e?l:d}}}function co(t,e,s,r){let n=new $e({async write(a){let{now:i,slots:o}=await t.takeRateSlots(a);return s.sync(i),o.map(u=>({...u,now:i}))},clock:e,maxBatch:500,concurrency:1,retryForMs:r});return{take:a=>n.add(a)}}var uo=1e4;function lo(t){let e=new Map,s=uo;return{take(r){let n=t.now(),{slotAt:a,granted:i,budget:o}=Rr(e.get(r.key)??null,n,r);if(o!==null&&e.set(r.key,o),e.size>=s){for(let[u,{reservedTat:c,startedTat:d}]of e)Math.max(c,d)<=n&&e.delete(u);s=Math.max(uo,2*e.size)}return Promise.resolve({slotAt:a,granted:i,now:n})}}}var wr=class{#e;#t;#s;constructor(e){let{definitions:s,storage:r,clock:n,storageClock:a,logger:i,lease:o}=e.worker;this.#e=e,this.#s=new Sr(e.worker);let u={store:co(r,n,a,o.leaseMs),memory:lo(a)};this.#t=new _r({definitions:s,storageClock:a,logger:i,sources:u})}admits(e,s,r){if(!this.#t.concerns(s)||r<=s.startBy)return!0;e.holdWithSlot(s),this.#r(e,s,null);let n=this.#t.mostAheadMs(s),a=i=>i.task.type===s.task.type&&this.#t.concerns(i);for(let i of e.holdThoseOf(n/2,r,a))this.#r(e,i,n);return!1}stop(){this.#s.stop()}async#r(e,s,r){let n=this.#e.worker.clock.monotonic(),a=null;try{a=await this.#t.ask(s,r??0)}catch(u){this.#e.worker.logger.warn("The rate limit of task {taskId} ({type}) could not be asked; the task is given back: {error}",{taskId:s.task.id,type:s.task.type,error:u})}let i=e.unhold(s),o=i&&a?.kind==="go";if(r===null){if(o&&this.#e.start(s))return;e.freeSlot(),o&&e.push(s)}else o?(s.startBy=n+r,e.pushReady(s)):e.sentAway();i&&!o&&this.#n(s,a),this.#e.onChanged(e)}#n(e,s){let{recorder:r,giveBack:n}=this.#e;s?.kind==="wait"?(r.defer(e,s.slotAt,s.waitMs),this.#s.deferred(e.task.type,e.task.queue)):s?.kind==="reject"?this.#a(e,s.error):n.jobs([e])}#a(e,s){let{recorder:r,teller:n,executor:a}=this.#e;n.emit("rateLimitRejected",e,{exception:s.message}),e.task.series===null?a.refuse(e,s):r.skipRejected(e)}};var jh=10,gr=class{#e;#t=!1;#s=!1;#r=1/0;constructor(e){this.#e=e}fill(e,s){if(this.#t||this.#s)return;let{clock:r,rateLimiter:n,onLow:a}=this.#e;for(this.#t=!0;e.hasNext;){let i=s??r.monotonic();if(s=void 0,!this.#n(i))break;let o=e.takeNext();n.admits(e,o,i)&&this.start(o,i)}this.#t=!1,e.mayHaveMore&&e.runsLow(r.monotonic())&&a()}start(e,s=this.#e.clock.monotonic()){if(this.#s)return!1;let{quarantine:r,executor:n}=this.#e;return r.admits(e)&&n.execute(e,s),!0}stop(){this.#s=!0}#n(e){let{clock:s,runners:r}=this.#e;return this.#r===1/0&&(this.#r=e+jh,_e(()=>{let n=s.monotonic()>this.#r;if(this.#r=1/0,n)for(let a of r.values())this.fill(a)})),e<=this.#r}};var zh=1e3,Xh={},Or=class{#e;#t;#s;#r=[];#n=new Set;#a=new WeakSet;#o=!1;#i=!1;#c=[];#u;#d=()=>!1;constructor(e,s,r,n){this.#u=n,this.#e=e,this.#t=s,this.#s=r}abandonWhere(e){this.#d=e}report(e,s){this.#h({job:e,end:null,steps:[],onWritten:s})}end(e,s,r){let n=a=>{this.#u.delete(e.task),r(a)};this.#h({job:e,end:s,steps:[],onWritten:n})}idle(){return this.#E?Promise.resolve():new Promise(e=>this.#c.push(e))}stop(){this.#i=!0}get#E(){return!this.#o&&this.#r.length===0&&this.#n.size===0}#l(){if(this.#E)for(let e of this.#c.splice(0))e()}#h(e){this.#r.push(e),!this.#o&&(this.#o=!0,_e(()=>void this.#m()))}async#m(){for(;this.#r.length>0;){let e=this.#k(),s=e.filter(n=>n.end?.kind==="run"),r=s.length===0?e:e.filter(n=>n.end?.kind!=="run");await Promise.all([r.length>0&&this.#f(r,n=>this.#A(n)),s.length>0&&this.#f(s,n=>this.#T(n))])}this.#o=!1,this.#l()}#k(){let e=this.#r.splice(0,zh),s=[];for(let r of e)if(!(r.end===null&&r.job.phase==="ended")){if(this.#a.has(r.job)){r.onWritten(!1);continue}r.steps=r.job.steps,r.job.steps=[],s.push(r)}return s}async#f(e,s){for(let r=0;;){try{if(r>0&&(e=await this.#N(e)),e.length===0)return;let n=await s(e),a=this.#t.monotonic();for(let i=0;i<e.length;i++){e[i].job.storedAt=a;let o=n[i].applied||r>0&&await this.#L(e[i]);e[i].onWritten(o)}return}catch(n){r++;let a=Oe(n);if(this.#i)return;if(!a&&e.length>1){for(let i of e)await this.#f([i],s);return}if(!a&&!this.#n.has(e[0])){this.#p(e[0],s);return}this.#s[a?"warn":"error"]("Writing the status of {count} tasks failed (try {failures}); it is tried again: {error}",{count:e.length,failures:r,error:n}),await new Promise(i=>this.#t.setTimer(i,ge(r)))}e=e.filter(n=>this.#d(n.job)?(this.#a.add(n.job),n.onWritten(!1),!1):!0)}}async#N(e){let s=new Set;for(let n of e)n.end===null&&await this.#S(n)&&s.add(n);let r=this.#t.monotonic();for(let{job:n,onWritten:a}of s)n.storedAt=r,a(!0);return e.filter(n=>!s.has(n))}async#p(e,s){this.#n.add(e),await this.#f([e],s),this.#n.delete(e),this.#l()}#A(e){let s=this.#t.monotonic();return this.#e.setStatusMany(e.map(({job:r,end:n,steps:a})=>({...n?.kind==="change"?n.change:Xh,taskId:r.task.id,auditLevel:r.task.auditLevel,steps:ms(r,a,s),lease:r.lease})))}#T(e){let s=this.#t.monotonic();return this.#e.updateCurrentRunMany(e.map(({job:r,end:n,steps:a})=>({...n.run,taskId:r.task.id,auditLevel:r.task.auditLevel,steps:ms(r,a,s),lease:r.lease})))}async#S({job:e,end:s,steps:r}){let n=s===null?e.lease.workerId:null,a=await this.#e.get(e.task.id);return a!==null&&a.leaseToken===e.lease.token&&a.workerId===n&&a.status===r.at(-1)?.status}async#L(e){try{return await this.#S(e)}catch(s){return this.#s.warn("Reading back task {taskId} failed: {error}",{taskId:e.job.task.id,error:s}),!1}}};var yr=class{#e;#t;constructor(e){this.#e=e,this.#t=new wt(e)}tasksReleased(e){this.#e.logger.warn("{count} tasks were taken from lost workers",{count:e.length}),this.#t.tell(e.map(({taskId:s,type:r,queue:n,workerId:a,lostCount:i,poisoned:o})=>({kind:o?"failed":"lost",taskId:s,type:r,queue:n,details:{workerId:a,count:i,exception:o?Zn:Jn}})))}idle(){return this.#t.idle()}starved(e,s,r){let{events:n,storageClock:a,logger:i,lease:o}=this.#e,u=[...new Set([...s].map(E=>E.task.type))].join(", "),c=`The event loop was blocked for ${Math.round(e)} ms, and the lease lasts ${o.leaseMs} ms: other workers may have taken this worker's tasks. Handlers of ${u===""?"no task":u} were running; CPU-bound work belongs in a worker thread.`;if(i.error(c),!n.wants("workerStarved",u))return;let d={message:c,durationMs:e,workerId:r},l=mt(u,"");n.emit(me("workerStarved",a.now(),l,void 0,d))}};var Ir=class{places;#e;#t;#s;#r;#n;#a;#o;#i;#c;#u;#d;#E;#l;#h;#m=null;#k=()=>{};#f=new Set;#N=!1;#p=!1;#A=()=>{};constructor(e){let{storage:s,clock:r,storageClock:n,logger:a,events:i}=e;this.#e=e,this.#t=new Map([...e.queues].map(([u,c])=>[u,new Ar(c)])),this.#u=new yr(e),this.#r=new dr({storage:s,clock:r,storageClock:n,logger:a,runners:this.#t,types:[...e.definitions.keys()],workerId:()=>this.#s.workerId,giveBackUnknown:u=>this.#O(u),onClaimed:(u,c)=>this.#R(u,c),onWorkerLost:u=>this.#s.lose(u)}),this.#d=new Er({storage:s,logger:a,held:this.#f,onFailed:()=>this.#r.doubt()}),this.places=new Nr({clock:r,runner:u=>this.#T(u),workerId:()=>this.#p||this.#N?null:this.#s.workerId,held:this.#f}),this.#n=new Or(s,r,a,this.#f),this.#n.abandonWhere(u=>u.lease.workerId!==this.#s.workerId),this.#c=new pr({storage:s,clock:r,logger:a,maxLinesPerRun:e.execution.capture?.maxLinesPerRun??0,retryForMs:e.lease.leaseMs}),this.#o=new ur({storageClock:n,events:i,logger:a,logKeeper:this.#c}),this.#a=new or({storage:s,clock:r,storageClock:n,logger:a,teller:this.#o,writer:this.#n,onHandedIn:u=>this.#f.delete(u),expectDue:u=>this.#r.expectDue(u)}),this.#i=new hr({clock:r,storageClock:n,logger:a,recorder:this.#a,teller:this.#o,logKeeper:this.#c,settings:e.execution,queue:u=>this.#T(u).settings,dispatch:e.dispatch,onSettled:u=>this.#w(u)}),this.#E=new wr({worker:e,recorder:this.#a,teller:this.#o,executor:this.#i,giveBack:this.#d,start:u=>this.#h.start(u),onChanged:u=>this.#h.fill(u)}),this.#l=new kr({poisonLimit:e.lease.poisonLimit,runner:u=>this.#T(u),onChanged:u=>this.#h.fill(u)}),this.#h=new gr({clock:r,runners:this.#t,rateLimiter:this.#E,quarantine:this.#l,executor:this.#i,onLow:()=>this.#r.wake()});let o=new fr({clock:r,logger:a,runners:this.#t,claimer:this.#r,executor:this.#i,teller:this.#o,reporter:this.#u,held:this.#f,workerId:()=>this.#s.workerId,cancel:u=>this.cancel(u),giveBack:u=>void this.#_(c=>this.#T(c.task.queue)===u),suspects:()=>this.#S});this.#s=new Tr({storage:s,clock:r,storageClock:n,logger:a,settings:e.lease,newId:e.newId,findings:o})}get workerId(){return this.#s.workerId}async start(){await this.#s.start(),this.#k=this.#e.storage.onWake(e=>{e.kind==="cancel"?this.cancel(e.taskIds):e.kind==="tasks"?this.#r.lookEverywhere():this.#s.beatSoon()}),this.#r.start()}async stop(e){let{clock:s,execution:{graceMs:r},lease:{leaseMs:n}}=this.#e;this.#p=!0,this.#h.stop(),this.#k();for(let u of this.#t.values())u.letAllIn();let a=this.#r.stop().then(()=>this.#_(()=>!0));if(!await this.#g(e)){for(let u of[...this.#i.running])this.#i.abort(u,new xe);await this.#g(r),this.#i.giveUpAll()}await v(s,r,this.#i.idle());let i=this.#u.idle(),o=[a,this.#n.idle(),this.#c.idle(),i];await v(s,n,Promise.all(o)),await v(s,r,this.#o.idle().then(()=>this.#c.idle())),this.#n.stop(),this.#i.stop(),this.#E.stop(),await v(s,n,this.#s.stop())}doubt(){this.#r.doubt()}handOver(e,s,r,n){let a=this.#T(e.queue),i=s.claimFor;if(i!==this.#s.workerId)return this.places.unreserve(s);this.#f.add(e);let o=this.#L(e,a,i,{value:r});a.push(o),this.places.unreserve(s),this.#p?this.#_(u=>u===o):this.#h.fill(a,n)}storedDue(e){let s=this.#T(e);s.mayHaveMore=!0,s.runsLow(this.#e.clock.monotonic())&&this.#r.wake()}expectDue(e){this.#r.expectDue(e)}cancel(e){if(e.length===0)return;let s=new Set(e);for(let r of[...this.#i.running])s.has(r.task.id)&&this.#i.abort(r,new Ce(r.task.id));for(let r of this.#t.values())for(let n of r.removeWhere(({task:a})=>s.has(a.id)))this.#a.recordUnstarted(n,{status:"Cancelled",exception:null},{})}refresh(){this.#s.beatSoon(),this.#r.lookEverywhere()}#T(e){return this.#t.get(e)??this.#t.get(ye)}get#S(){return[...this.#i.running,...this.#m===null?[]:[this.#m]]}#L(e,s,r,n){let a=new mr(e,this.#e.definitions.get(e.type),r,n);return a.servedSince=Math.max(this.#s.registeredAt,s.resumedAt),a}#R(e,s){if(e!==this.#s.workerId)return;let r=new Set;for(let n of s){let a=this.#T(n.queue),i=this.#L(n,a,e,null);if(this.#f.add(n),n.cancelRequested){this.#a.recordUnstarted(i,{status:"Cancelled",exception:null},{});continue}a.push(i),r.add(a)}if(this.#p)this.#_(()=>!0);else for(let n of r)this.#h.fill(n)}#w(e){let s=this.#T(e.task.queue);s.freeSlot(),this.#l.ended(e),this.#m=e,this.#i.running.size===0&&this.#A(),this.#h.fill(s)}async#O(e){this.#N=!0;try{await this.#e.storage.releaseUnknown(e,Array.from(this.#f,({id:r})=>r))>0&&this.#r.lookEverywhere()}finally{this.#N=!1}}#_(e){return this.#d.jobs([...this.#t.values()].flatMap(s=>s.removeWhere(e)))}async#g(e){return this.#i.running.size===0?!0:(await v(this.#e.clock,e,new Promise(s=>this.#A=s)),this.#i.running.size===0)}};var ta={items:[],next:null},sa=class{events;audit;queues;recurring;#e;#t;#s;constructor(e){let s=to(e),{storage:r,clock:n,logger:a,definitions:i,queues:o,lease:u,execution:c,retention:d}=s,l=new nr(n),E=new zs(a),f=Zi(()=>l.now(),s.random),m={storage:r,clock:n,storageClock:l,logger:a,events:E,definitions:i,queues:o,newId:f},T=()=>new Ir({...m,lease:u,execution:c,dispatch:(p,x,Le)=>this.#e.dispatch(p,x,Le)});this.#t=new tr({settings:s,storageClock:l,newWorker:T,newRetention:()=>d&&new Vs(this.audit,d,n,a),allDispatched:()=>this.#e.idle(),allHeard:()=>E.idle()}),this.#e=new js({...m,opening:()=>this.#t.opening(),defaultAuditLevel:s.defaultAuditLevel,instrumentation:c.instrumentation,retryForMs:s.dispatchRetryMs,worker:()=>this.#t.worker});let S=()=>this.#t.opened(),N=()=>this.#t.worker?.refresh();this.events=E,this.#s=new wt(m),this.audit=new Xs(S,n),this.queues=new sr(o.keys(),S,N),this.recurring=new rr(S,N)}start(){return this.#t.start()}dispatch(e,s,r){return this.#e.dispatch(e,s,r)}dispatchMany(e,s,r){return this.#e.dispatchMany(e,s,r)}async cancel(e){let s=Ye(e);if(s===null)return"unknown";let r=await this.#t.opened(),[n]=await r.requestCancel([s]);return n==="requested"&&this.#t.worker?.cancel([s]),n==="cancelled"&&await this.#s.tell([{kind:"cancelled",taskId:s}]),n}async runNow(e){return await this.recurring.runNow(e)}async get(e){let s=Ye(e);return s===null?null:await(await this.#t.opened()).get(s)}async getByTaskKey(e){return await(await this.#t.opened()).getByTaskKey(As(e))}async list(e={},s={}){return so(e),await(await this.#t.opened()).list(e,s)}async statusAudit(e,s){let r=Ye(e);return r===null?ta:await(await this.#t.opened()).statusAudit(r,s)}async runsAudit(e,s){let r=Ye(e);return r===null?ta:await(await this.#t.opened()).runsAudit(r,s)}async executionLogs(e,s){let r=Ye(e);return r===null?ta:await(await this.#t.opened()).executionLogs(r,s)}async statistics(){return await(await this.#t.opened()).statistics()}get workerId(){return this.#t.worker?.workerId??null}async workers(){return await(await this.#t.opened()).workers()}stop(e={}){let s=k(e.timeout??{seconds:30},"timeout");return this.#t.stop(s)}[Symbol.asyncDispose](){return this.stop()}};function ho(t){return eo(t),new sa(t)}function ra(t,e){return t==="Failed"||t==="ServiceStopped"||e!==null}function Cr(t,e,s){switch(t){case"Full":return!0;case"Minimal":case"ErrorsOnly":return ra(e,s);case"None":return!1}}function na(t,e,s){switch(t){case"Full":case"Minimal":return!0;case"ErrorsOnly":return ra(e,s);case"None":return!1}}var Vh=["url","sql","schema","migrate","notify","prepare","maxConnections","queryTimeout"];function Eo(t){if(t==null){let d="be a URL, a postgres.js instance or options: is the environment variable set?";throw new h("postgresStorage",t,d)}let e=typeof t=="string"?{url:t}:"unsafe"in t?{sql:t}:t;Ha(e,Vh,"options");let{url:s=null,sql:r=null,schema:n="evertask",maxConnections:a=5}=e;if(s===null==(r===null))throw new h("postgresStorage",s===null?"neither url nor sql":"both url and sql","get the URL of a database or a postgres.js instance");if(s!==null&&!/^postgres(?:ql)?:\/\//.test(s))throw new h("url",Jh(s),"begin with postgres://");if(!/^(?!pg_)[a-z_][a-z0-9_]{0,62}$/.test(n))throw new h("schema",n,"be up to 63 lower-case letters, digits and underscores, begin with no digit, and not with pg_");if(!Number.isInteger(a)||a<1)throw new h("maxConnections",a,"be an integer of at least 1");let i=k(e.queryTimeout??{seconds:8},"queryTimeout");if(i===0)throw new h("queryTimeout",e.queryTimeout,"be longer than nothing");let{migrate:o=!0,notify:u=!0,prepare:c=!0}=e;return{url:s,sql:r,schema:n,migrate:o,notify:u,prepare:c,maxConnections:a,queryTimeoutMs:i}}function Jh(t){return t.replace(/:[^:@/]*@/,":***@")}async function gt(t,e,s,r,n,a={}){let{agoMs:i=0,connection:o,...u}=a,c=[{status:s,exception:r,agoMs:i}],[d]=await t.setStatusMany([{...u,taskId:e,auditLevel:n,steps:c}],o===void 0?{}:{connection:o});return d}async function Ot(t,e,s,r,n,a={}){let{status:i="Completed",exception:o=null,agoMs:u=0,connection:c,...d}=a,l=[{status:i,exception:o,agoMs:u}],[E]=await t.updateCurrentRunMany([{...d,taskId:e,executionTimeMs:s,nextRunAt:r,auditLevel:n,steps:l}],c===void 0?{}:{connection:c});return E}var xr=class{#e;#t=new Map;#s=0;#r=-1/0;constructor(e){this.#e=e}begin(e){return this.#t.size===0?e:(this.#e.monotonic()>=this.#r&&this.#t.clear(),e.map(s=>{let r=this.#t.get(s.name);return r===void 0?s:{...s,dueFrom:r}}))}learn(e,{now:s,walkMs:r,tasks:n}){let a=e.filter(({dueFrom:o})=>o===void 0);if(a.length===0||(this.#s=r<20?0:this.#s+1,this.#s<3))return;for(let{name:o}of a){let u=n.reduce((c,{queue:d,dueAt:l})=>d===o?Math.min(c,l):c,s);this.#t.set(o,u-100)}let i=Math.max(1e3,20*r);this.#r=this.#e.monotonic()+i}};function fo(t,e){return(s,r)=>t.unsafe(s,[...r],{prepare:e})}function mo(t,e){if(Dr(t,"unsafe"))return fo(t,e);let s=t?._?.session?.client;if(Dr(s,"unsafe"))return fo(s,e);if(Dr(t,"executeQuery"))return Zh(t);if(Dr(t,"query")){let{query:r}=t;return async(n,a)=>{let i=await r.call(t,n,[...a]);return"rows"in i?i.rows:i}}throw new h("connection",t,"be a transaction of postgres.js (what sql.begin passes), of drizzle-orm over postgres.js, of kysely, or an object with query(text, parameters)")}function Zh(t){return async(e,s)=>{let r={kind:"RawNode",sqlFragments:[e],parameters:[]},n={queryId:"evertask"},{rows:a}=await t.executeQuery({sql:e,parameters:s,query:r,queryId:n});return a}}function Dr(t,e){return(typeof t=="object"||typeof t=="function")&&t!==null&&typeof t[e]=="function"}function aa(t){return t.toWellFormed().replace(/[\u0000\u001a]/g,e=>`${tE(e)}`)}function eE(t){return t.replace(/\u001a(0000|001a)/gi,(e,s)=>s==="0000"?"\0":"")}function To(t){let e=JSON.stringify(t);return/\\u(?:0000|001a|d[89a-f])/.test(e)?JSON.stringify(t,(s,r)=>typeof r=="string"?aa(r):r):e}function Ur(t){return t.includes("\\u001a")?JSON.parse(t,(e,s)=>typeof s=="string"?eE(s):s):JSON.parse(t)}function tE(t){return t.charCodeAt(0).toString(16).padStart(4,"0")}var sE=[["53100",Ns(Re,"Free space on the server's disk.")],["25006",Ns(oe,"Connect to the primary server.")],["42501",Ns(oe,"Grant this right to the user that connects.")],["08",yt],["40",yt],["53",yt],["55P03",yt],["57",yt],["58",yt],["26000",Ns(_,"Behind a pooler that shares sessions between transactions, set prepare: false and notify: false.")]],rE=Ns(y,"Check that the server runs and can be reached from here."),nE=/^(?:CONNECT|CONNECTION_|ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_|EADDR|ENOTCONN|ERR_SOCKET)/;function It(t){if(t instanceof _)return t;let e=`PostgreSQL: ${t instanceof Error?t.message:String(t)}`,s=Mr(t);if(nE.test(s))return rE(e,t);let r=sE.find(([n])=>s.startsWith(n))?.[1];return r?r(e,t):new _(e,{cause:t})}function Mr(t){if(typeof t!="object"||t===null)return"";let{code:e,errors:s}=t;return typeof e=="string"?e:Array.isArray(s)?Mr(s[0]):""}function yt(t,e){return new y(t,{cause:e})}function Ns(t,e){return(s,r)=>new t(`${s}. ${e}`,{cause:r})}var po={clock_ms:[],persist_tasks:["json","json"],claim_tasks:["text","json","json"],set_task_statuses:["json","json"],complete_tasks:["text","uuid[]","int[]","int[]","float8[]","float8[]","float8[]"],update_current_runs:["json","json"],request_cancel:["json","text"],release_tasks:["text","json","json"],release_unknown_tasks:["text","json","json"],make_due:["json","json"],next_due_at:["json","json"],register_worker:["text","text"],heartbeat:["text","float8"],unregister_worker:["text"],release_lost:["float8","int","text","text","json"],set_queue_paused:["text","boolean","json"],take_rate_slots:["json"],get_task:["uuid"],get_task_by_key:["text"],list_tasks:["json","uuid","int"],list_status_audit:["uuid","bigint","int"],list_runs_audit:["uuid","bigint","int"],list_execution_logs:["uuid","bigint","int"],count_execution_logs:["uuid","bigint","bigint"],list_workers:[],task_backlog:[],task_statistics:[],audit_growth:[],save_execution_logs:["json"],purge_history:["json","bigint"],take_maintenance:["text","uuid"],end_maintenance:["text","uuid"],notify_processes:["json"]},aE=new Set(["release_lost","list_tasks","task_statistics","task_backlog","audit_growth","purge_history"]),vr=class{#e;constructor(e){this.#e=Object.fromEntries(Object.entries(po).map(([s,r])=>{let n=r.map((a,i)=>`$${i+1}::text::${a}`);return[s,`SELECT "${e}".${s}(${n.join(", ")})::text AS result`]}))}async call(e,s,...r){let a=po[s].map((u,c)=>iE(r[c],u)),i;try{i=await e(this.#e[s],a,aE.has(s))}catch(u){throw It(u)}let[o]=Object.values(i[0]??{});return o?Ur(o):null}};function iE(t,e){return t==null?null:e==="json"?To(t):e.endsWith("[]")?`{${t.join()}}`:aa(String(t))}import hE from"postgres";var ia={"0001_tables.sql":`-- EverTask for PostgreSQL 13 and later: the tables.
--
-- Every file of this folder is one migration. Run them in order, each once:
--   psql -v ON_ERROR_STOP=1 -f 0001_tables.sql
-- They go to the schema "evertask"; another one is named by a setting:
--   PGOPTIONS='-c evertask.schema=jobs' psql \u2026
-- The driver runs the same files, all in one transaction, when its option \`migrate\` is on.
--
-- Names are upstream EverTask's in snake_case; our own columns come on top. Instants are timestamptz in whole
-- milliseconds. U+0000, which PostgreSQL cannot store, is kept in every text as the six characters of an escape: U+001A
-- and the code 0000; U+001A itself likewise as U+001A and 001A.
BEGIN;
DO $$ BEGIN
  EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I',
    coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask'));
END $$;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

CREATE TABLE schema_migrations (
  version    int         PRIMARY KEY,
  name       text        NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
);

-- One row a task; a recurring series is one row, too. Wide fixed-size columns first, so that little is lost to alignment.
CREATE TABLE queued_tasks (
  id                      uuid        NOT NULL PRIMARY KEY,  -- version 7: new rows and keys go to the last pages
  created_at_utc          timestamptz NOT NULL,
  due_at_utc              timestamptz,                       -- set only while it can be claimed
  claimed_at_utc          timestamptz,                       -- when a worker took it last
  scheduled_execution_utc timestamptz,                       -- what it was dispatched for; NULL: at once
  last_execution_utc      timestamptz,
  next_run_utc            timestamptz,                       -- series: NULL when it has ended
  run_until               timestamptz,                       -- series: exclusive
  anchor_utc              timestamptz,                       -- series: the instant on which the schedule's grid hangs
  rate_slot_utc           timestamptz,                       -- the rate limit slot that it holds
  execution_time_ms       float8,
  lease_token             int         NOT NULL DEFAULT 0,    -- raised by each claim; writes with an older one are refused
  attempt                 int         NOT NULL DEFAULT 0,
  lost_count              int         NOT NULL DEFAULT 0,
  current_run_count       int,
  max_runs                int,
  claim_rank              int         NOT NULL               -- its place among the claimable tasks: see queued_tasks_claimable
    GENERATED ALWAYS AS (priority * 2 + (is_recurring OR scheduled_execution_utc IS NOT NULL)::int) STORED,
  priority                smallint    NOT NULL DEFAULT 0,
  audit_level             smallint,                          -- 0 Full (and NULL), 1 Minimal, 2 ErrorsOnly, 3 None
  is_recurring            boolean     NOT NULL DEFAULT false,
  cancel_requested        boolean     NOT NULL DEFAULT false,
  status                  text        NOT NULL COLLATE "C",
  queue_name              text        NOT NULL COLLATE "C",
  type                    text        NOT NULL COLLATE "C",
  handler                 text        NOT NULL,
  request                 text        NOT NULL,              -- JSON as it came
  exception               text,
  worker_id               text        COLLATE "C",           -- the worker that holds it
  task_key                text        COLLATE "C",
  trace_context           text,
  retry_policy            text,                              -- as JSON, when the dispatch gave one
  recurring_task          text,                              -- series: the schedule as JSON
  recurring_info          text                               -- series: the schedule as a sentence
) WITH (
  -- A task is written two or three times within seconds and then never again. Half-filled pages keep its next version on
  -- its own page, without new index entries (a HOT update), and the room of the old one is used again at once. Measured:
  -- a third more tasks a second than with full pages, and no larger table, since full pages grow by the second version.
  fillfactor = 50,
  -- Dead entries of the claim index slow every claim until vacuum takes them: come early, and do not pause.
  autovacuum_vacuum_scale_factor = 0.01,
  autovacuum_vacuum_threshold = 5000,
  autovacuum_vacuum_insert_scale_factor = 0.1,
  autovacuum_vacuum_cost_delay = 0,
  autovacuum_analyze_scale_factor = 0.05
);

-- No index holds a column that a task's end changes (status, worker, lease): that is what keeps the end a HOT update.
-- So no index finds tasks by worker, either. A worker's tasks are looked for among those that were claimed since it began: a
-- few pages of BRIN tell where they lie, however much history there is, and cost a claim nothing that can be measured.

-- The tasks that can be claimed, in the order of claims. Held and ended ones are not in it, however many there are. Of each
-- priority, those that were dispatched to run at once (their rank is even) stand behind the others, so that new ones go to the
-- end of the index. Ahead of a hundred thousand series and delayed tasks they would go into its middle, where a full page is cut
-- into halves that nothing fills again: measured, an index of nearly twice the size.
CREATE INDEX queued_tasks_claimable ON queued_tasks (queue_name, claim_rank DESC, due_at_utc, id)
  WHERE due_at_utc IS NOT NULL;
CREATE UNIQUE INDEX queued_tasks_task_key ON queued_tasks (task_key) WHERE task_key IS NOT NULL;
CREATE INDEX queued_tasks_claimed_at ON queued_tasks USING brin (claimed_at_utc) WITH (autosummarize = on);
-- The few tasks whose owner is to be told to cancel them.
CREATE INDEX queued_tasks_cancel_requested ON queued_tasks (id) WHERE cancel_requested;

-- History. One index each, which answers "what happened to this task" and, ids being time-ordered, grows at its end. The
-- BRIN indexes find what is old enough to be deleted; they are a few pages, and cost inserts nothing. No foreign keys:
-- they would lock the task's row for every audit row, and history may outlive its task.

CREATE TABLE status_audit (
  queued_task_id uuid        NOT NULL,
  id             bigint      GENERATED ALWAYS AS IDENTITY,
  updated_at_utc timestamptz NOT NULL,
  new_status     text        NOT NULL COLLATE "C",
  exception      text,
  PRIMARY KEY (queued_task_id, id)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.1);
CREATE INDEX status_audit_age ON status_audit USING brin (updated_at_utc) WITH (autosummarize = on);

CREATE TABLE runs_audit (
  queued_task_id    uuid        NOT NULL,
  id                bigint      GENERATED ALWAYS AS IDENTITY,
  executed_at       timestamptz NOT NULL,
  execution_time_ms float8      NOT NULL,
  status            text        NOT NULL COLLATE "C",
  exception         text,
  PRIMARY KEY (queued_task_id, id)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.1);
CREATE INDEX runs_audit_age ON runs_audit USING brin (executed_at) WITH (autosummarize = on);

CREATE TABLE task_execution_log (
  queued_task_id  uuid        NOT NULL,
  sequence_number bigint      NOT NULL,
  timestamp_utc   timestamptz NOT NULL,
  level           text        NOT NULL COLLATE "C",
  message         text        NOT NULL,
  exception       text,
  run_number      bigint      NOT NULL,
  PRIMARY KEY (queued_task_id, sequence_number)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.1);
CREATE INDEX task_execution_log_age ON task_execution_log USING brin (timestamp_utc) WITH (autosummarize = on);

-- One row a worker process. Heartbeats rewrite it every few seconds: no index on what they touch, and room on the page.
CREATE TABLE workers (
  id            text        PRIMARY KEY COLLATE "C",
  host          text        NOT NULL,
  started_at    timestamptz NOT NULL,
  heartbeat_at  timestamptz NOT NULL,
  claims_since  timestamptz NOT NULL,              -- whatever it holds was claimed at this instant or later
  is_registered boolean     NOT NULL DEFAULT true  -- false: it is gone, and its tasks are still to be released, a lease after heartbeat_at
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);

-- What is known of queues: only those that were ever paused have a row.
CREATE TABLE queues (
  queue_name text    PRIMARY KEY COLLATE "C",
  is_paused  boolean NOT NULL
);

-- One row a key of a rate limit: its theoretical arrival times (generic cell rate algorithm), of what is reserved and of what
-- has started, in epoch milliseconds.
CREATE TABLE rate_limits (
  rate_key        text    PRIMARY KEY COLLATE "C",
  reserved_tat_ms float8  NOT NULL,
  started_tat_ms  float8  NOT NULL,
  start_empty     boolean NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0.05);

-- Who does what only one process may do at a time, and until when it may be believed to be at it.
CREATE TABLE maintenance (
  name       text        PRIMARY KEY,
  holder     uuid        NOT NULL,
  held_until timestamptz NOT NULL
);

INSERT INTO schema_migrations (version, name) VALUES (1, 'tables');
COMMIT;
`,"0002_status.sql":`-- The audit policy, and the changes of status that ask it: set_task_status, update_current_run and their batch forms.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

-- The database's clock, in the whole milliseconds in which everything is stored.
CREATE FUNCTION utc_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
  SELECT date_trunc('milliseconds', clock_timestamp())
$$;

-- Instants as JavaScript counts them, and back.
CREATE FUNCTION to_epoch_ms(instant timestamptz) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT round(date_part('epoch', instant) * 1000)::bigint
$$;
CREATE FUNCTION clock_ms() RETURNS bigint LANGUAGE sql VOLATILE SET search_path FROM CURRENT AS $$
  SELECT to_epoch_ms(utc_now())
$$;
CREATE FUNCTION from_epoch_ms(ms float8) RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT to_timestamp(round(ms) / 1000)
$$;

-- The instant so many milliseconds after another one (before it, if negative), in whole milliseconds.
CREATE FUNCTION ms_after(instant timestamptz, ms float8) RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT instant + round(ms) * interval '1 millisecond'
$$;

-- The audit policy: which history rows a change leaves behind. Level 0 (and NULL) is Full, 1 Minimal, 2 ErrorsOnly,
-- 3 None. The same table is in src/audit/audit_policy.ts.
CREATE FUNCTION writes_status_audit(audit_level int, status text, exception text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE coalesce(audit_level, 0)
    WHEN 0 THEN true
    WHEN 3 THEN false
    ELSE status IN ('Failed', 'ServiceStopped') OR exception IS NOT NULL
  END
$$;
CREATE FUNCTION writes_runs_audit(audit_level int, status text, exception text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE coalesce(audit_level, 0)
    WHEN 0 THEN true
    WHEN 1 THEN true
    WHEN 3 THEN false
    ELSE status IN ('Failed', 'ServiceStopped') OR exception IS NOT NULL
  END
$$;

-- Tells the other processes, when the transaction commits. The channel is the schema's name. Messages are
-- {"kind": "tasks" | "cancel" | "queues", "from": the sender}; the driver knows them as WakeSignal.
CREATE FUNCTION notify_processes(message json) RETURNS void
LANGUAGE sql VOLATILE SET search_path FROM CURRENT AS $$
  SELECT pg_notify(current_schema(), message::text)
$$;

-- One step of a task's life before its last, as in the \`earlier\` list of a change.
CREATE TYPE status_step AS (status text, exception text, ago_ms float8);

-- A change of status, as set_task_statuses takes it.
CREATE TYPE status_change AS (
  id                uuid,
  audit_level       int,
  status            text,     -- the new status \u2026
  exception         text,     -- \u2026 and exception
  ago_ms            float8,   -- how long ago that happened
  earlier           json,     -- [status_step]: what happened before it, since the last write
  worker_id         text,     -- with a worker, the change applies only while that worker \u2026
  lease_token       int,      -- \u2026 holds the task by this token
  due_in_ms         float8,   -- the lease ends, and the task can be claimed again after so long
  return_attempt    boolean,
  rate_slot_at_ms   float8,
  execution_time_ms float8
);

-- Applies many changes of status in one transaction, and tells the other processes the message, if there is one; a task appears at most once. Returns NULL when all were applied,
-- otherwise the ids of those that were: one is refused if its lease is not (or no longer) held, or if it does not exist.
--
-- With InProgress or Queued as the status, and no due_in_ms, lease and due instant stay as they are; with any other the
-- lease ends. An open request to cancel makes a task due at once, since whoever claims it next has to deal with it.
--
-- Pass changes ordered by id, so that two batches never wait for each other. The plan is fixed, since statistics that lag
-- behind make the planner read the whole table for a batch of 250 (measured: 17 s): a nested loop over the changes, each
-- finding its task by primary key.
CREATE FUNCTION set_task_statuses(changes json, message json DEFAULT NULL) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_sort = off SET jit = off
AS $$
DECLARE
  clock timestamptz := utc_now();
  given int;
  taken uuid[];
BEGIN
  WITH change AS MATERIALIZED (
    SELECT c.*, c.due_in_ms IS NULL AND c.status IN ('InProgress', 'Queued') AS keeps_lease,
      ms_after(clock, -coalesce(c.ago_ms, 0)) AS happened_at
    FROM json_populate_recordset(NULL::status_change, changes) AS c
  ), applied AS (
    UPDATE queued_tasks AS t SET
      status = c.status,
      exception = c.exception,
      worker_id = CASE WHEN c.keeps_lease THEN t.worker_id END,
      due_at_utc = CASE
        WHEN c.keeps_lease THEN t.due_at_utc
        WHEN c.due_in_ms IS NULL THEN NULL
        WHEN t.cancel_requested THEN clock
        ELSE ms_after(clock, c.due_in_ms)
      END,
      cancel_requested = t.cancel_requested AND (c.keeps_lease OR c.due_in_ms IS NOT NULL),
      attempt = CASE WHEN c.return_attempt THEN greatest(0, t.attempt - 1) ELSE t.attempt END,
      rate_slot_utc = from_epoch_ms(c.rate_slot_at_ms),
      execution_time_ms = CASE WHEN c.execution_time_ms IS NULL OR c.audit_level = 3
        THEN t.execution_time_ms ELSE c.execution_time_ms END,
      last_execution_utc = CASE WHEN c.execution_time_ms IS NULL OR c.audit_level = 3
        THEN t.last_execution_utc ELSE c.happened_at END
    FROM change AS c
    WHERE t.id = c.id
      AND (c.worker_id IS NULL OR (t.worker_id = c.worker_id AND t.lease_token = c.lease_token))
    RETURNING t.id, c.audit_level, c.status, c.exception, c.happened_at, c.earlier
  ), audited AS (
    INSERT INTO status_audit (queued_task_id, updated_at_utc, new_status, exception)
    SELECT a.id, step.happened_at, step.status, step.exception
    FROM applied AS a CROSS JOIN LATERAL (
      SELECT e.status, e.exception, ms_after(clock, -coalesce(e.ago_ms, 0)) AS happened_at
      FROM json_populate_recordset(NULL::status_step, a.earlier) AS e
      UNION ALL
      SELECT a.status, a.exception, a.happened_at
    ) AS step
    WHERE a.audit_level IS DISTINCT FROM 3 AND writes_status_audit(a.audit_level, step.status, step.exception)
  )
  SELECT (SELECT count(*) FROM change), array_agg(a.id) INTO given, taken FROM applied AS a;
  IF message IS NOT NULL THEN PERFORM notify_processes(message); END IF;
  RETURN CASE WHEN coalesce(cardinality(taken), 0) < given THEN to_json(coalesce(taken, '{}')) END;
END $$;

-- Completes one-shot tasks that a worker holds and whose handlers have succeeded at the first go: what set_task_statuses does
-- with InProgress and Completed, for the commonest change of all. Lists instead of objects, and nothing to decide, make it
-- several times as fast. The n-th task is the n-th of each list: its id (in ascending order), its lease token, its audit
-- level, how long ago it started and ended, and how long it took. Returns the same.
CREATE FUNCTION complete_tasks(
  worker_id text, ids uuid[], lease_tokens int[], audit_levels int[],
  started_ago_ms float8[], ended_ago_ms float8[], execution_times_ms float8[]
) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_sort = off SET jit = off
AS $$
DECLARE
  clock timestamptz := utc_now();
  taken uuid[];
BEGIN
  WITH applied AS (
    UPDATE queued_tasks AS t SET
      status = 'Completed', exception = NULL, worker_id = NULL, due_at_utc = NULL, cancel_requested = false,
      rate_slot_utc = NULL,
      execution_time_ms = CASE WHEN c.audit_level = 3 THEN t.execution_time_ms ELSE c.execution_time_ms END,
      last_execution_utc = CASE WHEN c.audit_level = 3 THEN t.last_execution_utc
        ELSE ms_after(clock, -c.ended_ago_ms) END
    FROM unnest(ids, lease_tokens, audit_levels, started_ago_ms, ended_ago_ms, execution_times_ms)
      AS c (id, lease_token, audit_level, started_ago_ms, ended_ago_ms, execution_time_ms)
    WHERE t.id = c.id AND t.worker_id = complete_tasks.worker_id AND t.lease_token = c.lease_token
    RETURNING t.id, c.audit_level, c.started_ago_ms, c.ended_ago_ms
  ), audited AS (
    INSERT INTO status_audit (queued_task_id, updated_at_utc, new_status)
    SELECT a.id, ms_after(clock, -step.ago_ms), step.status
    FROM applied AS a
    CROSS JOIN LATERAL (VALUES ('InProgress', a.started_ago_ms), ('Completed', a.ended_ago_ms)) AS step (status, ago_ms)
    WHERE a.audit_level <> 3 AND writes_status_audit(a.audit_level, step.status, NULL)
  )
  SELECT array_agg(a.id) INTO taken FROM applied AS a;
  RETURN CASE WHEN coalesce(cardinality(taken), 0) < cardinality(ids) THEN to_json(coalesce(taken, '{}')) END;
END $$;

-- Changes one task's status by hand and writes the audit row that the level asks for. A held task's lease ends, unless the
-- status is InProgress or Queued; with due_in_ms it can be claimed again after so long. Returns whether there is such a
-- task (and, with a worker and a token, whether that worker held it).
CREATE FUNCTION set_task_status(
  task_id uuid,
  status text,
  exception text DEFAULT NULL,
  audit_level int DEFAULT 0,
  due_in_ms float8 DEFAULT NULL,
  execution_time_ms float8 DEFAULT NULL,
  worker_id text DEFAULT NULL,
  lease_token int DEFAULT NULL
) RETURNS boolean LANGUAGE sql SET search_path FROM CURRENT AS $$
  SELECT set_task_statuses(json_build_array(json_build_object(
    'id', task_id, 'audit_level', audit_level, 'status', status, 'exception', exception, 'due_in_ms', due_in_ms,
    'execution_time_ms', execution_time_ms, 'worker_id', worker_id, 'lease_token', lease_token
  ))) IS NULL
$$;

-- The end of a run, as update_current_runs takes it.
CREATE TYPE run_end AS (
  id                uuid,
  audit_level       int,
  status            text,
  exception         text,
  ago_ms            float8,
  earlier           json,
  worker_id         text,
  lease_token       int,
  execution_time_ms float8,
  next_run_at_ms    float8,   -- when the series is due again; NULL ends it
  counts            boolean   -- false: an occurrence that was skipped, no real run
);

-- Ends many runs of recurring tasks in one transaction; like set_task_statuses.
CREATE FUNCTION update_current_runs(runs json, message json DEFAULT NULL) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_sort = off SET jit = off
AS $$
DECLARE
  clock timestamptz := utc_now();
  given int;
  taken uuid[];
BEGIN
  WITH run AS MATERIALIZED (
    SELECT r.*, r.counts IS NOT FALSE AS is_real,
      ms_after(clock, -coalesce(r.ago_ms, 0)) AS happened_at,
      from_epoch_ms(r.next_run_at_ms) AS next_run_utc
    FROM json_populate_recordset(NULL::run_end, runs) AS r
  ), applied AS (
    UPDATE queued_tasks AS t SET
      status = r.status,
      exception = r.exception,
      worker_id = NULL,
      due_at_utc = CASE WHEN r.next_run_utc IS NOT NULL AND t.cancel_requested THEN clock ELSE r.next_run_utc END,
      next_run_utc = r.next_run_utc,
      cancel_requested = t.cancel_requested AND r.next_run_utc IS NOT NULL,
      attempt = 0,
      lost_count = 0,
      rate_slot_utc = NULL,
      current_run_count = CASE WHEN r.is_real AND t.current_run_count < 2147483647
        THEN t.current_run_count + 1 ELSE t.current_run_count END,
      execution_time_ms = CASE WHEN r.is_real THEN r.execution_time_ms ELSE t.execution_time_ms END,
      last_execution_utc = CASE WHEN r.is_real THEN r.happened_at ELSE t.last_execution_utc END
    FROM run AS r
    WHERE t.id = r.id
      AND t.is_recurring
      AND (r.worker_id IS NULL OR (t.worker_id = r.worker_id AND t.lease_token = r.lease_token))
    RETURNING t.id, r.audit_level, r.status, r.exception, r.happened_at, r.earlier, r.is_real, r.execution_time_ms
  ), audited AS (
    INSERT INTO status_audit (queued_task_id, updated_at_utc, new_status, exception)
    SELECT a.id, step.happened_at, step.status, step.exception
    FROM applied AS a CROSS JOIN LATERAL (
      SELECT e.status, e.exception, ms_after(clock, -coalesce(e.ago_ms, 0)) AS happened_at
      FROM json_populate_recordset(NULL::status_step, a.earlier) AS e
      UNION ALL
      SELECT a.status, a.exception, a.happened_at
    ) AS step
    WHERE a.audit_level IS DISTINCT FROM 3 AND writes_status_audit(a.audit_level, step.status, step.exception)
  ), run_audited AS (
    INSERT INTO runs_audit (queued_task_id, executed_at, execution_time_ms, status, exception)
    SELECT a.id, a.happened_at, a.execution_time_ms, a.status, a.exception
    FROM applied AS a
    WHERE a.is_real AND writes_runs_audit(a.audit_level, a.status, a.exception)
  )
  SELECT (SELECT count(*) FROM run), array_agg(a.id) INTO given, taken FROM applied AS a;
  IF message IS NOT NULL THEN PERFORM notify_processes(message); END IF;
  RETURN CASE WHEN coalesce(cardinality(taken), 0) < given THEN to_json(coalesce(taken, '{}')) END;
END $$;

-- Ends one run of a recurring task by hand: status, run count + 1, next run (NULL ends the series), last execution, and
-- the audit rows that the level asks for. Returns whether there is such a series.
CREATE FUNCTION update_current_run(
  task_id uuid,
  execution_time_ms float8,
  next_run timestamptz,
  audit_level int DEFAULT 0,
  status text DEFAULT 'Completed',
  exception text DEFAULT NULL,
  worker_id text DEFAULT NULL,
  lease_token int DEFAULT NULL
) RETURNS boolean LANGUAGE sql SET search_path FROM CURRENT AS $$
  SELECT update_current_runs(json_build_array(json_build_object(
    'id', task_id, 'audit_level', audit_level, 'status', status, 'exception', exception,
    'execution_time_ms', execution_time_ms, 'next_run_at_ms', to_epoch_ms(next_run),
    'worker_id', worker_id, 'lease_token', lease_token
  ))) IS NULL
$$;

INSERT INTO schema_migrations (version, name) VALUES (2, 'status');
COMMIT;
`,"0003_dispatch.sql":`-- New tasks: persist_tasks, which serves the driver, and dispatch, for triggers and other languages.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

-- A new task, as persist_tasks takes it.
CREATE TYPE new_task AS (
  id             uuid,
  type           text,
  handler        text,
  request        text,
  status         text,       -- Queued or WaitingQueue
  due_in_ms      float8,     -- due so long after now \u2026
  due_at_ms      float8,     -- \u2026 or at this instant
  audit_level    smallint,
  queue_name     text,
  priority       smallint,
  task_key       text,
  trace_context  text,
  retry_policy   text,       -- as JSON; NULL: what the type or the queue says
  claim_for      text,       -- the worker that takes it without a claim
  schedule       text,       -- the series; NULL: not recurring
  info           text,
  anchor_at_ms   float8,
  max_runs       int,
  run_until_ms   float8,
  next_run_at_ms float8
);

-- When a new task becomes due.
CREATE FUNCTION due_instant(clock timestamptz, due_in_ms float8, due_at_ms float8) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN due_at_ms IS NULL
    THEN clock + round(coalesce(due_in_ms, 0)) * interval '1 millisecond'
    ELSE to_timestamp(round(due_at_ms) / 1000)
  END
$$;

-- Stores new tasks that no stored task stands for; those whose id or key is stored already are left out. Returns how many
-- were stored, and how many of them are born claimed. The workers that take them are locked, so that release_lost waits for
-- this transaction and then finds their tasks.
CREATE FUNCTION store_tasks(tasks new_task[], clock timestamptz, OUT stored int, OUT claimed int)
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off
AS $$
BEGIN
  WITH task AS MATERIALIZED (
    SELECT t.*, due_instant(clock, t.due_in_ms, t.due_at_ms) AS due_at_utc FROM unnest(tasks) AS t
  ), holder AS MATERIALIZED (
    SELECT w.id, greatest(clock, w.claims_since) AS claimed_at_utc FROM workers AS w
    WHERE w.id IN (SELECT DISTINCT t.claim_for FROM task AS t) AND w.is_registered
    ORDER BY w.id
    FOR KEY SHARE
  ), created AS (
    INSERT INTO queued_tasks (
      id, type, handler, request, status, audit_level, queue_name, priority, task_key, trace_context, retry_policy,
      created_at_utc, due_at_utc, scheduled_execution_utc, worker_id, claimed_at_utc, attempt, lease_token,
      is_recurring, recurring_task, recurring_info, anchor_utc, max_runs, run_until, next_run_utc, current_run_count
    )
    SELECT
      t.id, t.type, t.handler, t.request, t.status, t.audit_level, t.queue_name, t.priority, t.task_key,
      t.trace_context, t.retry_policy, clock,
      CASE WHEN h.id IS NULL THEN t.due_at_utc END, CASE WHEN t.status = 'WaitingQueue' THEN t.due_at_utc END,
      h.id, h.claimed_at_utc, CASE WHEN h.id IS NULL THEN 0 ELSE 1 END, CASE WHEN h.id IS NULL THEN 0 ELSE 1 END,
      t.schedule IS NOT NULL, t.schedule, t.info, from_epoch_ms(t.anchor_at_ms), t.max_runs,
      from_epoch_ms(t.run_until_ms), from_epoch_ms(t.next_run_at_ms), CASE WHEN t.schedule IS NOT NULL THEN 0 END
    FROM task AS t
    LEFT JOIN holder AS h ON h.id = t.claim_for AND t.status = 'Queued'
      AND t.queue_name <> ALL (ARRAY(SELECT q.queue_name FROM queues AS q WHERE q.is_paused))
    ON CONFLICT DO NOTHING
    RETURNING id, status, audit_level, worker_id
  ), audited AS (
    INSERT INTO status_audit (queued_task_id, updated_at_utc, new_status)
    SELECT c.id, clock, c.status FROM created AS c WHERE writes_status_audit(c.audit_level, c.status, NULL)
  )
  SELECT count(*), count(c.worker_id) INTO stored, claimed FROM created AS c;
END $$;

-- What became of a task that was to be stored.
CREATE TYPE persist_answer AS (id uuid, outcome text, claimed boolean);

-- The answer for a task whose id is stored already: it was \`created\`, whoever tells of it again.
CREATE FUNCTION answer_for_stored(stored queued_tasks, claim_for text) RETURNS persist_answer
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT ROW(stored.id, 'created', coalesce(stored.lease_token = 1 AND stored.worker_id = claim_for, false))::persist_answer
$$;

-- Stores one task that has a key, or finds the one that stands for it; see the table of Storage.persist. The known task's
-- row is locked, and a new key is guarded by its unique index: two processes that dispatch it at once make one task.
CREATE FUNCTION persist_keyed(task new_task, clock timestamptz) RETURNS persist_answer
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off
AS $$
DECLARE
  known      queued_tasks;
  figures    record;
  keeps_next boolean;
  due        timestamptz := due_instant(clock, task.due_in_ms, task.due_at_ms);
BEGIN
  LOOP
    SELECT t.* INTO known FROM queued_tasks AS t WHERE t.id = task.id;
    IF FOUND THEN RETURN answer_for_stored(known, task.claim_for); END IF;

    SELECT t.* INTO known FROM queued_tasks AS t WHERE t.task_key = task.task_key FOR UPDATE;
    IF NOT FOUND THEN
      figures := store_tasks(ARRAY[task], clock);
      IF figures.stored = 1 THEN
        RETURN ROW(task.id, 'created', figures.claimed = 1)::persist_answer;
      END IF;
      CONTINUE;  -- another process was faster, and has committed: look again
    END IF;

    IF known.worker_id IS NOT NULL OR known.status = 'InProgress' OR (known.is_recurring AND task.schedule IS NULL) THEN
      RETURN ROW(known.id, 'existing', false)::persist_answer;
    END IF;
    IF NOT known.is_recurring AND known.due_at_utc IS NULL
      AND known.status IN ('Completed', 'Failed', 'Cancelled', 'ServiceStopped') THEN
      UPDATE queued_tasks AS t SET task_key = NULL WHERE t.id = known.id;
      CONTINUE;
    END IF;

    keeps_next := coalesce(known.next_run_utc IS NOT NULL AND known.recurring_task = task.schedule, false);
    UPDATE queued_tasks AS t SET
      type = task.type, handler = task.handler, request = task.request, queue_name = task.queue_name,
      priority = task.priority, audit_level = task.audit_level, trace_context = task.trace_context,
      retry_policy = task.retry_policy, exception = NULL, cancel_requested = false,
      is_recurring = task.schedule IS NOT NULL, recurring_task = task.schedule, recurring_info = task.info,
      max_runs = task.max_runs, run_until = from_epoch_ms(task.run_until_ms),
      current_run_count = CASE WHEN task.schedule IS NULL THEN NULL
        WHEN known.next_run_utc IS NULL THEN 0 ELSE known.current_run_count END
    WHERE t.id = known.id;
    IF NOT keeps_next THEN
      UPDATE queued_tasks AS t SET
        status = task.status, due_at_utc = due,
        scheduled_execution_utc = CASE WHEN task.status = 'WaitingQueue' THEN due END,
        anchor_utc = from_epoch_ms(task.anchor_at_ms), next_run_utc = from_epoch_ms(task.next_run_at_ms),
        attempt = 0, lost_count = 0, rate_slot_utc = NULL
      WHERE t.id = known.id;
      IF known.status <> task.status AND writes_status_audit(task.audit_level, task.status, NULL) THEN
        INSERT INTO status_audit (queued_task_id, updated_at_utc, new_status) VALUES (known.id, clock, task.status);
      END IF;
    END IF;
    RETURN ROW(known.id, 'updated', false)::persist_answer;
  END LOOP;
END $$;

-- Stores tasks and their first audit rows, applying the rules of task keys in order. Returns NULL in the plain case, in
-- which each was created, and claimed if it asked for that; otherwise [{id, outcome, claimed}] in the order of the tasks.
-- A \`message\` is what the other processes are told, if anything.
CREATE FUNCTION persist_tasks(tasks json, message json DEFAULT NULL) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off
AS $$
DECLARE
  clock   timestamptz := utc_now();
  batch   new_task[] := ARRAY(SELECT t FROM json_populate_recordset(NULL::new_task, tasks) AS t);
  unkeyed new_task[] := batch;
  wanted  int;
  keys    text[];
  figures record;
  item    record;
  answers persist_answer[] := '{}';
BEGIN
  SELECT count(t.claim_for), array_agg(t.task_key) FILTER (WHERE t.task_key IS NOT NULL)
  INTO wanted, keys FROM unnest(batch) AS t;
  IF keys IS NOT NULL THEN unkeyed := ARRAY(SELECT t FROM unnest(batch) AS t WHERE t.task_key IS NULL); END IF;

  figures := store_tasks(unkeyed, clock);
  IF message IS NOT NULL THEN PERFORM notify_processes(message); END IF;
  IF keys IS NULL AND figures.stored = cardinality(batch) AND figures.claimed = wanted THEN RETURN NULL; END IF;

  answers := ARRAY(
    SELECT answer_for_stored(s, t.claim_for)
    FROM unnest(batch) WITH ORDINALITY AS t LEFT JOIN queued_tasks AS s ON s.id = t.id AND t.task_key IS NULL
    ORDER BY t.ordinality
  );
  -- Known rows are locked in the order of ids, as in all batches; new keys are taken in the order of keys.
  PERFORM FROM queued_tasks AS t WHERE t.task_key = ANY (keys) ORDER BY t.id FOR UPDATE;
  FOR item IN
    SELECT batch[i] AS task, i FROM generate_subscripts(batch, 1) AS i
    WHERE batch[i].task_key IS NOT NULL ORDER BY batch[i].task_key COLLATE "C", i
  LOOP
    answers[item.i] := persist_keyed(item.task, clock);
  END LOOP;
  RETURN to_json(answers);
END $$;

-- Enqueues a task from SQL: a trigger, a function, another language. It exists if the transaction commits, and workers are
-- told then. The request is the payload as JSON, which the worker validates against the task's schema. Returns the id of
-- the task that now stands for it (with a key, it may be an existing one's).
--
-- A retry_policy goes before what the task's type says: {"kind": "none"}, {"kind": "linear", "retries": 3, "delaysMs": [500]}
-- or {"kind": "exponential", "retries": 5, "baseMs": 1000, "factor": 2, "maxMs": 60000, "jitter": 0.5}; RetryPolicyData in
-- src/retry/policy_data.ts. The worker logs an error about one that it does not understand.
CREATE FUNCTION dispatch(
  task_type text,
  request json,
  queue_name text DEFAULT 'default',
  due_at timestamptz DEFAULT NULL,
  task_key text DEFAULT NULL,
  priority smallint DEFAULT 0,
  audit_level smallint DEFAULT 0,
  handler text DEFAULT NULL,
  retry_policy json DEFAULT NULL
) RETURNS uuid LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  clock  timestamptz := utc_now();
  random text := replace(gen_random_uuid()::text, '-', '');
  -- UUID version 7 (RFC 9562): 48 bits of milliseconds, the version, the variant, and 74 random bits.
  new_id uuid := lpad(to_hex(to_epoch_ms(clock)), 12, '0') || '7' || substr(random, 14);
  later  boolean := due_at > clock;
  answer json;
BEGIN
  IF coalesce(retry_policy ->> 'kind' NOT IN ('none', 'linear', 'exponential'), retry_policy IS NOT NULL) THEN
    RAISE EXCEPTION 'retry_policy is %, but its kind must be none, linear or exponential', retry_policy
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  answer := persist_tasks(
    json_build_array(json_build_object(
      'id', new_id, 'type', task_type, 'handler', coalesce(handler, task_type), 'request', request::text,
      'status', CASE WHEN later THEN 'WaitingQueue' ELSE 'Queued' END, 'due_at_ms', to_epoch_ms(due_at),
      'audit_level', audit_level, 'queue_name', queue_name, 'priority', priority, 'task_key', task_key,
      'retry_policy', retry_policy::text
    )),
    CASE WHEN later THEN NULL ELSE '{"kind":"tasks"}'::json END
  );
  RETURN coalesce((answer -> 0 ->> 'id')::uuid, new_id);
END $$;

INSERT INTO schema_migrations (version, name) VALUES (3, 'dispatch');
COMMIT;
`,"0004_claim.sql":`-- Claims: how workers take tasks, give them back, and learn when to look again.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

-- A series as SeriesRecord in src/storage/records.ts, NULL for a one-shot task.
CREATE FUNCTION series_record(task queued_tasks) RETURNS json LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN task.is_recurring THEN json_build_object(
    'schedule', task.recurring_task, 'info', task.recurring_info,
    'anchorAt', round(date_part('epoch', task.anchor_utc) * 1000)::bigint, 'maxRuns', task.max_runs,
    'runUntil', round(date_part('epoch', task.run_until) * 1000)::bigint,
    'nextRunAt', round(date_part('epoch', task.next_run_utc) * 1000)::bigint, 'runCount', task.current_run_count
  ) END
$$;

-- Takes due tasks for a worker: at most \`limit\` from each of the queues [{name, limit, dueFrom}], of these types only.
-- Returns {now, walkMs, tasks}; tasks is NULL for none, or has the members of ClaimedTask, each as a list of its values for
-- all tasks, highest priority first, then longest due, then lowest id, queue by queue. Members that few tasks have are in
-- the list \`rare\`, together with the id, for the tasks that have one. (Measured: half the time of a list of objects.)
--
-- A claim's commit waits for the disk. If it did not, a server that crashed could forget claims whose handlers have begun:
-- their tasks would be due again while their worker, whose heartbeat was never late, still runs them.
--
-- The index holds exactly what can be claimed, in this order. Within a queue each priority is visited by itself, from the
-- highest to the lowest (a loose index scan: one probe finds the next one), so that tasks that are due later, whatever their
-- priority, are never walked over. Rows that another claim is taking are skipped, not waited for. Of each priority, tasks that
-- were dispatched to run at once are taken first, and then, where there are any that have been due for longer than the last of
-- these, the others. What these displace stays as it is: locked until this claim ends, and free for the next.
--
-- An old snapshot that is held open (a backup, a forgotten transaction) keeps vacuum and the index from forgetting claimed
-- tasks, and each claim walks over all that were claimed since. \`walkMs\` tells the caller how long that took; with
-- \`dueFrom\`, in epoch milliseconds, the walk begins at a later due instant. The driver does so most of the time when walks
-- are slow (drivers/postgres/claim_walk.ts).
CREATE FUNCTION claim_tasks(worker_id text, types json, queues json) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET jit = off
AS $$
DECLARE
  clock      timestamptz := utc_now();
  since      timestamptz;
  wanted     text[] := ARRAY(SELECT json_array_elements_text(types));
  queue      record;
  due_from   timestamptz;
  room       int;
  rank       int;
  level      int; -- the rank of the tasks of a priority that were dispatched to run at once
  places     tid[];
  dues       timestamptz[];
  scheduled  tid[];
  all_places tid[] := '{}';
  all_dues   timestamptz[] := '{}';
  walk_ms    float8;
  claimed    json;
BEGIN
  -- Held until the end, so that release_lost waits for this claim and then finds its tasks.
  SELECT w.claims_since INTO since FROM workers AS w
  WHERE w.id = claim_tasks.worker_id AND w.is_registered FOR KEY SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'worker % is not registered', claim_tasks.worker_id USING ERRCODE = 'EVT01';
  END IF;

  FOR queue IN
    SELECT q.name, q."limit", q."dueFrom"
    FROM json_to_recordset(claim_tasks.queues) AS q (name text, "limit" int, "dueFrom" float8)
    WHERE q.name NOT IN (SELECT p.queue_name FROM queues AS p WHERE p.is_paused)
  LOOP
    room := queue."limit";
    due_from := coalesce(from_epoch_ms(queue."dueFrom"), '-infinity');
    level := 65536;
    WHILE room > 0 LOOP
      SELECT t.claim_rank INTO rank FROM queued_tasks AS t
      WHERE t.queue_name = queue.name AND t.claim_rank < level AND t.due_at_utc >= due_from
      ORDER BY t.claim_rank DESC LIMIT 1;
      EXIT WHEN NOT FOUND;
      level := rank - (rank & 1);
      SELECT array_agg(c.place), array_agg(c.due_at_utc) INTO places, dues FROM (
        SELECT t.ctid AS place, t.due_at_utc FROM queued_tasks AS t
        WHERE t.queue_name = queue.name AND t.claim_rank = level
          AND t.due_at_utc <= clock AND t.due_at_utc >= due_from AND t.type = ANY (wanted)
        ORDER BY t.due_at_utc, t.id
        LIMIT room
        FOR NO KEY UPDATE SKIP LOCKED
      ) AS c;
      IF rank > level THEN
        scheduled := ARRAY(
          SELECT t.ctid FROM queued_tasks AS t
          WHERE t.queue_name = queue.name AND t.claim_rank = rank
            AND t.due_at_utc <= coalesce(dues[room], clock) AND t.due_at_utc >= due_from AND t.type = ANY (wanted)
          ORDER BY t.due_at_utc, t.id
          LIMIT room
          FOR NO KEY UPDATE SKIP LOCKED
        );
        IF scheduled <> '{}' THEN
          SELECT array_agg(c.place), array_agg(c.due_at_utc) INTO places, dues FROM (
            SELECT t.ctid AS place, t.due_at_utc
            FROM unnest(places || scheduled) AS p (place) JOIN queued_tasks AS t ON t.ctid = p.place
            ORDER BY t.due_at_utc, t.id
            LIMIT room
          ) AS c;
        END IF;
      END IF;
      all_places := all_places || places;
      all_dues := all_dues || dues;
      room := room - coalesce(cardinality(places), 0);
    END LOOP;
  END LOOP;
  walk_ms := date_part('epoch', clock_timestamp() - clock) * 1000;

  -- The rows are locked: they stay where they were found.
  WITH taken AS (
    UPDATE queued_tasks AS t SET
      worker_id = claim_tasks.worker_id, claimed_at_utc = greatest(clock, since), due_at_utc = NULL,
      attempt = t.attempt + 1, lease_token = t.lease_token + 1
    FROM unnest(all_places, all_dues) WITH ORDINALITY AS p (place, due_at_utc, position)
    WHERE t.ctid = p.place
    RETURNING p.position, p.due_at_utc AS was_due_at_utc, t.id, t.type, t.request, t.status, t.audit_level, t.queue_name,
      t.priority, t.created_at_utc, t.attempt, t.lease_token,
      t.task_key, t.lost_count, t.cancel_requested, t.rate_slot_utc, t.trace_context, t.retry_policy,
      CASE WHEN t.is_recurring THEN series_record(t) END AS series,
      t.is_recurring OR t.cancel_requested OR t.lost_count > 0
        OR coalesce(t.task_key, t.trace_context, t.retry_policy) IS NOT NULL OR t.rate_slot_utc IS NOT NULL AS is_special
  )
  SELECT json_build_object(
    'id', array_agg(c.id), 'type', array_agg(c.type), 'request', array_agg(c.request), 'status', array_agg(c.status),
    'auditLevel', array_agg(coalesce(c.audit_level, 0)), 'queue', array_agg(c.queue_name),
    'priority', array_agg(c.priority), 'createdAt', array_agg(to_epoch_ms(c.created_at_utc)),
    'dueAt', array_agg(to_epoch_ms(c.was_due_at_utc)), 'attempt', array_agg(c.attempt),
    'leaseToken', array_agg(c.lease_token),
    'rare', json_agg(json_build_object(
      'id', c.id, 'taskKey', c.task_key, 'lostCount', c.lost_count, 'cancelRequested', c.cancel_requested,
      'rateSlotAt', to_epoch_ms(c.rate_slot_utc), 'traceContext', c.trace_context, 'retryPolicy', c.retry_policy,
      'series', c.series
    )) FILTER (WHERE c.is_special)
  ) INTO claimed
  FROM (SELECT * FROM taken ORDER BY position) AS c
  HAVING count(*) > 0;
  RETURN json_build_object('now', to_epoch_ms(clock), 'walkMs', walk_ms, 'tasks', claimed);
END $$;

-- Gives claimed, unstarted tasks back: [{id, token, due_at_ms}], ordered by id. A task that the worker does not hold by
-- that token is skipped. Returns how many were given back.
CREATE FUNCTION release_tasks(worker_id text, tasks json, message json DEFAULT NULL) RETURNS int
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_sort = off SET jit = off
AS $$
DECLARE
  clock    timestamptz := utc_now();
  released int;
BEGIN
  UPDATE queued_tasks AS t SET
    worker_id = NULL,
    due_at_utc = CASE WHEN t.cancel_requested THEN clock ELSE from_epoch_ms(r.due_at_ms) END,
    attempt = greatest(0, t.attempt - 1)
  FROM json_to_recordset(tasks) AS r (id uuid, token int, due_at_ms float8)
  WHERE t.id = r.id AND t.worker_id = release_tasks.worker_id AND t.lease_token = r.token;
  GET DIAGNOSTICS released = ROW_COUNT;
  IF released > 0 AND message IS NOT NULL THEN PERFORM notify_processes(message); END IF;
  RETURN released;
END $$;

-- The tasks that workers hold: reads what has been claimed since they began (see queued_tasks_claimed_at). That is the only
-- plan, whatever the statistics say.
CREATE FUNCTION tasks_held_by(worker_ids text[]) RETURNS uuid[]
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET enable_seqscan = off SET enable_indexscan = off SET enable_indexonlyscan = off SET jit = off
AS $$
DECLARE
  since timestamptz := (SELECT min(w.claims_since) FROM workers AS w WHERE w.id = ANY (worker_ids));
BEGIN
  RETURN ARRAY(
    SELECT t.id FROM queued_tasks AS t WHERE t.worker_id = ANY (worker_ids) AND t.claimed_at_utc >= since
  );
END $$;

-- Gives back the tasks that a worker holds without knowing it: [id] are those that it knows of. A claim's answer was lost on
-- the way. Returns how many.
CREATE FUNCTION release_unknown_tasks(worker_id text, known json, message json DEFAULT NULL) RETURNS int
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off
AS $$
DECLARE
  clock     timestamptz := utc_now();
  held_ids  uuid[] := tasks_held_by(ARRAY[worker_id]);
  known_ids uuid[] := ARRAY(SELECT i::uuid FROM json_array_elements_text(known) AS i);
  released  int;
BEGIN
  WITH held AS MATERIALIZED (
    SELECT t.id FROM queued_tasks AS t
    WHERE t.id = ANY (held_ids) AND t.id <> ALL (known_ids) AND t.worker_id = release_unknown_tasks.worker_id
    ORDER BY t.id FOR UPDATE
  )
  UPDATE queued_tasks AS t SET worker_id = NULL, due_at_utc = clock, attempt = greatest(0, t.attempt - 1)
  FROM held AS h WHERE t.id = h.id;
  GET DIAGNOSTICS released = ROW_COUNT;
  IF released > 0 AND message IS NOT NULL THEN PERFORM notify_processes(message); END IF;
  RETURN released;
END $$;

-- The earliest instant at which one of these types becomes due in one of the queues [{name, dueFrom}], in epoch
-- milliseconds. Walks like claim_tasks.
CREATE FUNCTION next_due_at(queues json, types json) RETURNS bigint
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $$
DECLARE
  wanted   text[] := ARRAY(SELECT json_array_elements_text(types));
  queue    record;
  rank     int;
  first    timestamptz;
  earliest timestamptz;
BEGIN
  FOR queue IN
    SELECT q.name, coalesce(from_epoch_ms(q."dueFrom"), '-infinity') AS due_from
    FROM json_to_recordset(next_due_at.queues) AS q (name text, "dueFrom" float8)
    WHERE q.name NOT IN (SELECT p.queue_name FROM queues AS p WHERE p.is_paused)
  LOOP
    rank := 65536;
    LOOP
      SELECT t.claim_rank INTO rank FROM queued_tasks AS t
      WHERE t.queue_name = queue.name AND t.claim_rank < rank AND t.due_at_utc >= queue.due_from
      ORDER BY t.claim_rank DESC LIMIT 1;
      EXIT WHEN NOT FOUND;
      SELECT t.due_at_utc INTO first FROM queued_tasks AS t
      WHERE t.queue_name = queue.name AND t.claim_rank = rank
        AND t.due_at_utc >= queue.due_from AND t.type = ANY (wanted)
      ORDER BY t.due_at_utc, t.id LIMIT 1;
      earliest := least(earliest, first);
    END LOOP;
  END LOOP;
  RETURN to_epoch_ms(earliest);
END $$;

-- Makes unclaimed tasks due now: [id]. A task that waits keeps its status, and one that is due already its place; a one-shot
-- that ended, other than Completed, is Queued again. Returns the ids that are due now.
CREATE FUNCTION make_due(task_ids json, message json DEFAULT NULL) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET jit = off
AS $$
DECLARE
  clock timestamptz := utc_now();
  due   uuid[];
BEGIN
  WITH wanted AS MATERIALIZED (
    SELECT t.id, t.due_at_utc IS NULL AS restarts
    FROM queued_tasks AS t
    WHERE t.id = ANY (ARRAY(SELECT i::uuid FROM json_array_elements_text(task_ids) AS i))
      AND t.worker_id IS NULL
      AND (t.due_at_utc IS NOT NULL OR (NOT t.is_recurring AND t.status IN ('Failed', 'Cancelled', 'ServiceStopped')))
    ORDER BY t.id FOR UPDATE
  ), changed AS (
    UPDATE queued_tasks AS t SET
      due_at_utc = least(t.due_at_utc, clock),
      status = CASE WHEN w.restarts THEN 'Queued' ELSE t.status END,
      exception = CASE WHEN w.restarts THEN NULL ELSE t.exception END,
      attempt = CASE WHEN w.restarts THEN 0 ELSE t.attempt END,
      lost_count = CASE WHEN w.restarts THEN 0 ELSE t.lost_count END
    FROM wanted AS w WHERE t.id = w.id
    RETURNING t.id, w.restarts, t.audit_level
  ), audited AS (
    INSERT INTO status_audit (queued_task_id, updated_at_utc, new_status)
    SELECT c.id, clock, 'Queued' FROM changed AS c
    WHERE c.restarts AND writes_status_audit(c.audit_level, 'Queued', NULL)
  )
  SELECT coalesce(array_agg(c.id), '{}') INTO due FROM changed AS c;
  IF due <> '{}' AND message IS NOT NULL THEN PERFORM notify_processes(message); END IF;
  RETURN to_json(due);
END $$;

INSERT INTO schema_migrations (version, name) VALUES (4, 'claim');
COMMIT;
`,"0005_workers.sql":`-- Workers and their loss, requests to cancel, paused queues, rate limits.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

-- Makes a worker known, alive as of now. One that comes back after it was given up may still hold what it claimed before.
CREATE FUNCTION register_worker(worker_id text, host text) RETURNS void
LANGUAGE sql SET search_path FROM CURRENT AS $$
  INSERT INTO workers AS w (id, host, started_at, heartbeat_at, claims_since)
  VALUES (worker_id, host, utc_now(), utc_now(), utc_now())
  ON CONFLICT (id) DO UPDATE SET
    host = excluded.host, heartbeat_at = excluded.heartbeat_at, is_registered = true,
    started_at = CASE WHEN w.is_registered THEN w.started_at ELSE excluded.started_at END
$$;

-- The worker is alive. Returns HeartbeatResult (src/storage/requests.ts). All that it reads is small: the workers, the
-- paused queues, and by an index the tasks that are to be cancelled.
CREATE FUNCTION heartbeat(worker_id text, lease_ms float8) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $$
DECLARE
  clock    timestamptz := utc_now();
  is_alive boolean;
BEGIN
  UPDATE workers AS w SET heartbeat_at = clock WHERE w.id = heartbeat.worker_id AND w.is_registered;
  is_alive := FOUND;
  RETURN json_build_object(
    'now', to_epoch_ms(clock),
    'alive', is_alive,
    'cancelRequests', ARRAY(
      SELECT t.id FROM queued_tasks AS t WHERE is_alive AND t.cancel_requested AND t.worker_id = heartbeat.worker_id
    ),
    'pausedQueues', ARRAY(SELECT q.queue_name FROM queues AS q WHERE q.is_paused),
    'othersLost', EXISTS (SELECT FROM workers AS w WHERE w.heartbeat_at < ms_after(clock, -lease_ms))
  );
END $$;

-- Removes a worker at a clean end, when its last claim has ended. If it still holds tasks, its row stays until release_lost has
-- taken them; so it does where looking for them could take long, as nobody wants to wait for that at the end of a process.
CREATE FUNCTION unregister_worker(worker_id text) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  began timestamptz;
BEGIN
  SELECT w.claims_since INTO began FROM workers AS w WHERE w.id = unregister_worker.worker_id FOR UPDATE;
  UPDATE workers AS w SET is_registered = false, heartbeat_at = '-infinity' WHERE w.id = unregister_worker.worker_id;
  IF began > utc_now() - interval '1 hour'
    OR (SELECT c.reltuples < 1000000 FROM pg_class AS c WHERE c.oid = 'queued_tasks'::regclass) THEN
    DELETE FROM workers AS w
    WHERE w.id = unregister_worker.worker_id AND tasks_held_by(ARRAY[unregister_worker.worker_id]) = '{}';
  END IF;
END $$;

-- Removes workers whose heartbeat is older than the lease, and takes the tasks of all that are not (or no longer)
-- registered. Returns [LostTask] (src/storage/requests.ts).
--
-- A worker's row is locked against its claims, which share it, so that none is overlooked. Where another process is at it,
-- there is nothing left to do. A task's row may be locked, too: a worker that froze in the middle of a transaction in which
-- it completed the task. It is left to that transaction, and looked at again after another lease.
--
-- Only a task that is known to have been running (InProgress) can fail by being lost; see Storage.releaseLost in
-- src/storage/storage.ts.
CREATE FUNCTION release_lost(
  lease_ms float8, poison_limit int, lost_reason text, poison_reason text, message json DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off
AS $$
DECLARE
  clock    timestamptz := utc_now();
  gone     text[];
  held     uuid[];
  kept     text[];
  released json;
BEGIN
  gone := ARRAY(
    SELECT w.id FROM workers AS w
    WHERE w.heartbeat_at < ms_after(clock, -lease_ms)
    ORDER BY w.id FOR UPDATE SKIP LOCKED
  );
  IF gone = '{}' THEN RETURN '[]'; END IF;
  held := tasks_held_by(gone);

  WITH lost AS MATERIALIZED (
    SELECT t.id, t.worker_id, t.status = 'InProgress' OR t.lost_count = 0 AS counts,
      t.status = 'InProgress' AND t.lost_count >= poison_limit AS poisoned
    FROM queued_tasks AS t WHERE t.id = ANY (held) AND t.worker_id = ANY (gone)
    ORDER BY t.id FOR UPDATE SKIP LOCKED
  ), changed AS (
    UPDATE queued_tasks AS t SET
      lost_count = CASE WHEN l.counts THEN t.lost_count + 1 ELSE t.lost_count END,
      attempt = CASE WHEN l.counts THEN t.attempt ELSE greatest(0, t.attempt - 1) END,
      worker_id = NULL,
      status = CASE WHEN l.poisoned THEN 'Failed' ELSE 'ServiceStopped' END,
      exception = CASE WHEN l.poisoned THEN poison_reason ELSE lost_reason END,
      due_at_utc = CASE WHEN l.poisoned THEN NULL ELSE clock END,
      next_run_utc = CASE WHEN l.poisoned THEN NULL ELSE t.next_run_utc END,
      cancel_requested = t.cancel_requested AND NOT l.poisoned
    FROM lost AS l WHERE t.id = l.id
    RETURNING t.id, t.type, t.queue_name, t.lost_count, t.status, t.exception, t.audit_level, l.worker_id, l.poisoned
  ), audited AS (
    INSERT INTO status_audit (queued_task_id, updated_at_utc, new_status, exception)
    SELECT c.id, clock, c.status, c.exception FROM changed AS c
    WHERE writes_status_audit(c.audit_level, c.status, c.exception)
  )
  SELECT json_agg(json_build_object(
    'taskId', c.id, 'type', c.type, 'queue', c.queue_name, 'workerId', c.worker_id,
    'lostCount', c.lost_count, 'poisoned', c.poisoned
  )) INTO released FROM changed AS c;

  kept := ARRAY(SELECT DISTINCT t.worker_id FROM queued_tasks AS t WHERE t.id = ANY (held) AND t.worker_id = ANY (gone));
  UPDATE workers AS w SET is_registered = false, heartbeat_at = clock WHERE w.id = ANY (kept);
  DELETE FROM workers AS w WHERE w.id = ANY (gone) AND w.id <> ALL (kept);
  IF released IS NOT NULL AND message IS NOT NULL THEN PERFORM notify_processes(message); END IF;
  RETURN coalesce(released, '[]');
END $$;

-- Asks for tasks to be cancelled: [id]. Returns {id: outcome}, with CancelOutcome (src/storage/requests.ts) for each that
-- exists. The owners of claimed ones are told in a message of \`sender\`'s, unless that is NULL.
CREATE FUNCTION request_cancel(task_ids json, sender text DEFAULT NULL) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off
AS $$
DECLARE
  clock     timestamptz := utc_now();
  outcomes  json;
  requested uuid[];
BEGIN
  WITH wanted AS MATERIALIZED (
    SELECT t.id, CASE
      WHEN t.worker_id IS NOT NULL THEN 'requested'
      WHEN t.due_at_utc IS NULL AND t.next_run_utc IS NULL
        AND t.status IN ('Completed', 'Failed', 'Cancelled', 'ServiceStopped') THEN 'ended'
      ELSE 'cancelled'
    END AS outcome
    FROM queued_tasks AS t
    WHERE t.id = ANY (ARRAY(SELECT i::uuid FROM json_array_elements_text(task_ids) AS i))
    ORDER BY t.id FOR UPDATE
  ), marked AS (
    UPDATE queued_tasks AS t SET cancel_requested = true
    FROM wanted AS w WHERE t.id = w.id AND w.outcome = 'requested'
  ), cancelled AS (
    UPDATE queued_tasks AS t SET
      status = 'Cancelled', exception = NULL, due_at_utc = NULL, next_run_utc = NULL, rate_slot_utc = NULL,
      cancel_requested = false
    FROM wanted AS w WHERE t.id = w.id AND w.outcome = 'cancelled'
    RETURNING t.id, t.audit_level
  ), audited AS (
    INSERT INTO status_audit (queued_task_id, updated_at_utc, new_status)
    SELECT c.id, clock, 'Cancelled' FROM cancelled AS c WHERE writes_status_audit(c.audit_level, 'Cancelled', NULL)
  )
  SELECT json_object_agg(w.id, w.outcome), array_agg(w.id) FILTER (WHERE w.outcome = 'requested')
  INTO outcomes, requested FROM wanted AS w;
  -- A notification holds at most 8,000 bytes.
  IF sender IS NOT NULL THEN
    FOR i IN 1 .. coalesce(cardinality(requested), 0) BY 100 LOOP
      PERFORM notify_processes(json_build_object('kind', 'cancel', 'from', sender, 'taskIds', requested[i : i + 99]));
    END LOOP;
  END IF;
  RETURN coalesce(outcomes, '{}');
END $$;

-- Pauses or resumes a queue: a paused queue's tasks are not claimed.
CREATE FUNCTION set_queue_paused(queue text, paused boolean, message json DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO queues (queue_name, is_paused) VALUES (queue, paused)
  ON CONFLICT (queue_name) DO UPDATE SET is_paused = excluded.is_paused;
  IF message IS NOT NULL THEN PERFORM notify_processes(message); END IF;
END $$;

-- Takes one slot each by the generic cell rate algorithm with reservations, in the order of the list: [{key,
-- emissionIntervalMs, burst, startEmpty, horizonMs, reservedAt, graceMs, startWithinMs}]. Returns {now, slots: [{slotAt,
-- granted}]}. What it does, and why, is in src/rate_limit/gcra.ts.
CREATE FUNCTION take_rate_slots(requests json) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off
AS $$
DECLARE
  clock     timestamptz;
  now_ms    float8;
  wish      record;
  tolerance float8;
  leeway    float8;
  reserved  float8;
  started   float8;
  next_tat  float8;
  slot      float8;
  granted   boolean;
  changes   boolean;
  slots     json[] := '{}';
BEGIN
  -- New keys get a row first, as if never used; then all rows are locked, both in the order of keys.
  INSERT INTO rate_limits (rate_key, reserved_tat_ms, started_tat_ms, start_empty)
  SELECT DISTINCT ON (r.key) r.key, '-infinity'::float8, '-infinity'::float8, r."startEmpty"
  FROM json_to_recordset(requests) AS r (key text COLLATE "C", "startEmpty" boolean)
  ORDER BY r.key
  ON CONFLICT (rate_key) DO NOTHING;
  PERFORM FROM rate_limits AS l
  WHERE l.rate_key = ANY (ARRAY(SELECT r.key FROM json_to_recordset(requests) AS r (key text COLLATE "C")))
  ORDER BY l.rate_key FOR UPDATE;
  clock := utc_now();
  now_ms := to_epoch_ms(clock);

  -- Key by key, so that each row is read and written once.
  FOR wish IN
    SELECT r.*, r."emissionIntervalMs" AS interval_ms, r."reservedAt" AS reserved_at,
      r.key IS DISTINCT FROM lag(r.key) OVER by_key AS is_first, r.key IS DISTINCT FROM lead(r.key) OVER by_key AS is_last
    FROM ROWS FROM (json_to_recordset(requests) AS (
      key text, "emissionIntervalMs" float8, burst int, "startEmpty" boolean, "horizonMs" float8,
      "reservedAt" float8, "graceMs" float8, "startWithinMs" float8
    )) WITH ORDINALITY AS r (
      key, "emissionIntervalMs", burst, "startEmpty", "horizonMs", "reservedAt", "graceMs", "startWithinMs", position
    )
    WINDOW by_key AS (ORDER BY r.key COLLATE "C", r.position)
    ORDER BY r.key COLLATE "C", r.position
  LOOP
    tolerance := (wish.burst - 1) * wish.interval_ms;
    leeway := wish."graceMs" + 1;
    IF wish.is_first THEN
      SELECT l.reserved_tat_ms, l.started_tat_ms INTO reserved, started FROM rate_limits AS l WHERE l.rate_key = wish.key;
      changes := false;
    END IF;
    IF reserved = '-infinity' THEN
      reserved := now_ms + CASE WHEN wish."startEmpty" THEN tolerance ELSE 0 END;
      started := reserved;
    END IF;
    next_tat := greatest(now_ms + wish."startWithinMs", started) + wish.interval_ms;
    granted := true;
    IF wish.reserved_at > now_ms THEN
      slot := wish.reserved_at;
    ELSIF started - tolerance - (now_ms - wish.reserved_at <= wish."graceMs")::int * leeway <= now_ms THEN
      slot := now_ms; -- it has a slot: without one, this is NULL
      started := next_tat;
      changes := true;
    ELSE
      slot := greatest(now_ms, ceil(greatest(reserved, started - leeway) - tolerance - 0.001));
      granted := slot <= coalesce(now_ms + wish."horizonMs", 'infinity');
      IF granted THEN
        changes := true;
        reserved := greatest(now_ms, reserved, started - leeway) + wish.interval_ms;
        IF slot = now_ms THEN started := next_tat; END IF;
      END IF;
    END IF;
    slots[wish.position] := json_build_object('slotAt', slot, 'granted', granted);
    IF wish.is_last AND changes THEN
      UPDATE rate_limits AS l SET reserved_tat_ms = reserved, started_tat_ms = started WHERE l.rate_key = wish.key;
    END IF;
  END LOOP;
  RETURN json_build_object('now', to_epoch_ms(clock), 'slots', to_json(slots));
END $$;

INSERT INTO schema_migrations (version, name) VALUES (5, 'workers');
COMMIT;
`,"0006_reading.sql":`-- Reading: tasks, their history, figures.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

-- A task as TaskRecord (src/storage/records.ts), the audit level as its number.
CREATE FUNCTION task_record(t queued_tasks) RETURNS json
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT row_to_json(r) FROM (SELECT
    t.id, t.type, t.handler, t.request, t.status, t.exception, coalesce(t.audit_level, 0) AS "auditLevel",
    t.queue_name AS queue, t.priority, t.task_key AS "taskKey",
    to_epoch_ms(t.created_at_utc) AS "createdAt", to_epoch_ms(t.scheduled_execution_utc) AS "scheduledAt",
    to_epoch_ms(t.due_at_utc) AS "dueAt", to_epoch_ms(t.last_execution_utc) AS "lastExecutionAt",
    t.execution_time_ms AS "executionTimeMs", t.attempt, t.lost_count AS "lostCount", t.worker_id AS "workerId",
    t.lease_token AS "leaseToken", t.cancel_requested AS "cancelRequested",
    to_epoch_ms(t.rate_slot_utc) AS "rateSlotAt", t.trace_context AS "traceContext",
    t.retry_policy AS "retryPolicy", series_record(t) AS series
  ) AS r
$$;

-- One task, by id or by key; NULL if there is none.
CREATE FUNCTION get_task(task_id uuid) RETURNS json LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT task_record(t) FROM queued_tasks AS t WHERE t.id = task_id
$$;
CREATE FUNCTION get_task_by_key(key text) RETURNS json LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT task_record(t) FROM queued_tasks AS t WHERE t.task_key = key
$$;

-- The newest tasks below the id \`after\`, at most \`page_size\`, that match a filter: TaskFilter (src/storage/queries.ts).
-- Reads by primary key from the newest on, so that the first page costs the same however many tasks there are.
CREATE FUNCTION list_tasks(filter json, after uuid, page_size int) RETURNS json
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
SET plan_cache_mode = force_custom_plan SET jit = off
AS $$
DECLARE
  statuses text[]      := ARRAY(SELECT json_array_elements_text(filter -> 'statuses'));
  types    text[]      := ARRAY(SELECT json_array_elements_text(filter -> 'types'));
  queues   text[]      := ARRAY(SELECT json_array_elements_text(filter -> 'queues'));
  recurs   boolean     := filter ->> 'recurring';
  earliest timestamptz := from_epoch_ms((filter ->> 'createdFrom')::float8);
  before   timestamptz := from_epoch_ms((filter ->> 'createdBefore')::float8);
BEGIN
  RETURN coalesce((SELECT json_agg(task_record(t)) FROM (
    SELECT t.* FROM queued_tasks AS t
    WHERE (after IS NULL OR t.id < after)
      AND (filter -> 'statuses' IS NULL OR t.status = ANY (statuses))
      AND (filter -> 'types' IS NULL OR t.type = ANY (types))
      AND (filter -> 'queues' IS NULL OR t.queue_name = ANY (queues))
      AND (recurs IS NULL OR t.is_recurring = recurs)
      AND (earliest IS NULL OR t.created_at_utc >= earliest)
      AND (before IS NULL OR t.created_at_utc < before)
    ORDER BY t.id DESC LIMIT page_size
  ) AS t), '[]');
END $$;

-- Pages of a task's history, oldest first, after a row number.
CREATE FUNCTION list_status_audit(task_id uuid, after bigint, page_size int) RETURNS json
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT coalesce(json_agg(r), '[]') FROM (
    SELECT a.id AS number, a.queued_task_id AS "taskId", to_epoch_ms(a.updated_at_utc) AS "updatedAt",
      a.new_status AS "newStatus", a.exception
    FROM status_audit AS a WHERE a.queued_task_id = task_id AND a.id > after ORDER BY a.id LIMIT page_size
  ) AS r
$$;
CREATE FUNCTION list_runs_audit(task_id uuid, after bigint, page_size int) RETURNS json
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT coalesce(json_agg(r), '[]') FROM (
    SELECT a.id AS number, a.queued_task_id AS "taskId", to_epoch_ms(a.executed_at) AS "executedAt",
      a.execution_time_ms AS "executionTimeMs", a.status, a.exception
    FROM runs_audit AS a WHERE a.queued_task_id = task_id AND a.id > after ORDER BY a.id LIMIT page_size
  ) AS r
$$;
CREATE FUNCTION list_execution_logs(task_id uuid, after bigint, page_size int) RETURNS json
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT coalesce(json_agg(r), '[]') FROM (
    SELECT l.sequence_number AS number, l.queued_task_id AS "taskId", to_epoch_ms(l.timestamp_utc) AS "loggedAt",
      l.level, l.message, l.exception, l.run_number AS run, l.sequence_number AS sequence
    FROM task_execution_log AS l
    WHERE l.queued_task_id = task_id AND l.sequence_number > after ORDER BY l.sequence_number LIMIT page_size
  ) AS r
$$;

-- How many of a task's last lines are of one run. The lines of a run are the last ones while it goes on, so that what the
-- runs before have left need not be read.
CREATE FUNCTION count_execution_logs(task_id uuid, run bigint, upto bigint) RETURNS bigint
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT count(*) FILTER (WHERE r.run_number = run) FROM (
    SELECT l.run_number FROM task_execution_log AS l
    WHERE l.queued_task_id = task_id ORDER BY l.sequence_number DESC LIMIT upto
  ) AS r
$$;

-- The registered workers as WorkerRecord, oldest first.
CREATE FUNCTION list_workers() RETURNS json LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT coalesce(json_agg(r), '[]') FROM (
    SELECT w.id, w.host, to_epoch_ms(w.started_at) AS "startedAt", to_epoch_ms(w.heartbeat_at) AS "heartbeatAt"
    FROM workers AS w WHERE w.is_registered ORDER BY w.started_at, w.id
  ) AS r
$$;

-- What waits, by queue, as Backlog: reads the entries of the claim index and nothing else.
CREATE FUNCTION task_backlog() RETURNS json LANGUAGE plpgsql
SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off AS $$
DECLARE
  clock  timestamptz := utc_now();
  answer json;
BEGIN
  WITH figures AS (
    SELECT t.queue_name, count(*) FILTER (WHERE t.due_at_utc <= clock) AS due,
      count(*) FILTER (WHERE t.due_at_utc > clock) AS scheduled,
      min(t.due_at_utc) FILTER (WHERE t.due_at_utc <= clock) AS oldest
    FROM queued_tasks AS t WHERE t.due_at_utc IS NOT NULL GROUP BY t.queue_name
  )
  SELECT json_build_object('now', to_epoch_ms(clock), 'queues', coalesce(json_agg(json_build_object(
    'queue', coalesce(f.queue_name, p.queue_name), 'paused', p.queue_name IS NOT NULL,
    'due', coalesce(f.due, 0), 'scheduled', coalesce(f.scheduled, 0), 'oldestDueAt', to_epoch_ms(f.oldest)
  )), '[]')) INTO answer
  FROM figures AS f FULL JOIN (SELECT q.queue_name FROM queues AS q WHERE q.is_paused) AS p
    ON p.queue_name = f.queue_name;
  RETURN answer;
END $$;

-- Counts by status and queue, as StorageStatistics. Reads the whole table once.
CREATE FUNCTION task_statistics() RETURNS json LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  clock  timestamptz := utc_now();
  answer json;
BEGIN
  WITH figures AS MATERIALIZED (
    SELECT t.queue_name, t.status, count(*) AS tasks, count(t.worker_id) AS claimed,
      count(*) FILTER (WHERE t.due_at_utc <= clock) AS due, count(*) FILTER (WHERE t.due_at_utc > clock) AS scheduled,
      min(t.due_at_utc) FILTER (WHERE t.due_at_utc <= clock) AS oldest
    FROM queued_tasks AS t GROUP BY t.queue_name, t.status
  ), queue_figures AS (
    SELECT coalesce(f.queue_name, q.queue_name) AS queue, coalesce(bool_or(q.is_paused), false) AS paused,
      coalesce(sum(f.due), 0) AS due, coalesce(sum(f.scheduled), 0) AS scheduled,
      coalesce(sum(f.claimed), 0) AS claimed, to_epoch_ms(min(f.oldest)) AS "oldestDueAt"
    FROM figures AS f FULL JOIN (SELECT p.* FROM queues AS p WHERE p.is_paused) AS q ON q.queue_name = f.queue_name
    GROUP BY 1
    HAVING bool_or(q.is_paused) OR sum(f.due + f.scheduled + f.claimed) > 0
    ORDER BY 1
  )
  SELECT json_build_object(
    'now', to_epoch_ms(clock),
    'tasksByStatus', (SELECT coalesce(json_object_agg(s.status, s.tasks), '{}') FROM (
      SELECT f.status, sum(f.tasks) AS tasks FROM figures AS f GROUP BY f.status) AS s),
    'queues', (SELECT coalesce(json_agg(q), '[]') FROM queue_figures AS q)
  ) INTO answer;
  RETURN answer;
END $$;

-- How large the audit tables and the execution log are, and how fast they grow: AuditGrowth. Reads them once.
CREATE FUNCTION audit_growth() RETURNS json LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT json_agg(json_build_object(
    'table', f."table", 'rows', f.rows, 'firstAt', to_epoch_ms(f.first), 'lastAt', to_epoch_ms(f.last),
    'averageRowsPerDay', f.rows / nullif(date_part('day', f.last - f.first), 0)
  )) FROM (
    SELECT 'StatusAudit' AS "table", count(*) AS rows, min(updated_at_utc) AS first, max(updated_at_utc) AS last
    FROM status_audit
    UNION ALL
    SELECT 'RunsAudit', count(*), min(executed_at), max(executed_at) FROM runs_audit
    UNION ALL
    SELECT 'TaskExecutionLog', count(*), min(timestamp_utc), max(timestamp_utc) FROM task_execution_log
  ) AS f
$$;

INSERT INTO schema_migrations (version, name) VALUES (6, 'reading');
COMMIT;
`,"0007_history.sql":`-- Log lines, and retention: what is deleted when.
BEGIN;
DO $$ BEGIN PERFORM set_config('search_path', format('%I, pg_temp',
  coalesce(nullif(current_setting('evertask.schema', true), ''), 'evertask')), true); END $$;

-- Stores log lines [{task_id, level, message, exception, run, ago_ms}], each task's numbered in the order of the list and going
-- on from its last. Lines of tasks that do not exist are left out. The tasks' rows are locked, so that two writers of one
-- task's lines do not take the same numbers.
CREATE FUNCTION save_execution_logs(lines json) RETURNS void
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off
AS $$
DECLARE
  clock timestamptz := utc_now();
  known uuid[];
BEGIN
  known := ARRAY(
    SELECT t.id FROM queued_tasks AS t
    WHERE t.id = ANY (ARRAY(SELECT DISTINCT l.task_id FROM json_to_recordset(lines) AS l (task_id uuid)))
    ORDER BY t.id FOR NO KEY UPDATE
  );
  INSERT INTO task_execution_log (queued_task_id, sequence_number, timestamp_utc, level, message, exception, run_number)
  SELECT l.task_id,
    coalesce((SELECT max(k.sequence_number) FROM task_execution_log AS k WHERE k.queued_task_id = l.task_id), 0)
      + row_number() OVER (PARTITION BY l.task_id ORDER BY l.position),
    ms_after(clock, -coalesce(l.ago_ms, 0)), l.level, l.message, l.exception, l.run
  FROM ROWS FROM (json_to_recordset(lines) AS (task_id uuid, level text, message text, exception text, run bigint, ago_ms float8))
    WITH ORDINALITY AS l (task_id, level, message, exception, run, ago_ms, position)
  WHERE l.task_id = ANY (known)
  ORDER BY l.position;
END $$;

-- Takes or renews the right to do what one process does at a time, for a minute. It ends by itself, so that a process that
-- died does not keep it, and needs no session of its own, so that it works behind a pooler.
CREATE FUNCTION take_maintenance(task text, by uuid) RETURNS boolean
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO maintenance AS m (name, holder, held_until) VALUES (task, by, utc_now() + interval '1 minute')
  ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until
    WHERE m.holder = excluded.holder OR m.held_until < utc_now();
  RETURN FOUND;
END $$;
CREATE FUNCTION end_maintenance(task text, by uuid) RETURNS void LANGUAGE sql SET search_path FROM CURRENT AS $$
  DELETE FROM maintenance AS m WHERE m.name = task AND m.holder = by
$$;

-- Until when a row may be kept by so many days; -infinity for NULL, zero or less, which keep it for ever.
CREATE FUNCTION expires_before(clock timestamptz, days float8) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN days > 0 THEN clock - days * interval '1 day' ELSE '-infinity' END
$$;

-- Deletes what a policy allows, at most \`budget\` rows: RetentionPolicy (src/storage/retention.ts). With a budget of NULL it
-- only counts. Returns {statusAudit, runsAudit, executionLog, tasks, done}. Never touches a task that has not ended, or a
-- series.
CREATE FUNCTION purge_history(policy json, budget bigint) RETURNS json
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_custom_plan SET jit = off
AS $$
DECLARE
  clock         timestamptz := utc_now();
  status_days   float8 := policy ->> 'statusAuditDays';
  runs_days     float8 := policy ->> 'runsAuditDays';
  error_days    float8 := CASE WHEN (policy ->> 'errorAuditDays')::float8 > 0 THEN policy ->> 'errorAuditDays' END;
  status_limit  timestamptz := expires_before(clock, status_days);
  status_errors timestamptz := expires_before(clock, coalesce(error_days, status_days));
  runs_limit    timestamptz := expires_before(clock, runs_days);
  runs_errors   timestamptz := expires_before(clock, coalesce(error_days, runs_days));
  logs_limit    timestamptz := expires_before(clock, (policy ->> 'executionLogDays')::float8);
  max_logs      bigint := CASE WHEN (policy ->> 'maxExecutionLogsPerTask')::float8 > 0
    THEN policy ->> 'maxExecutionLogsPerTask' END;
  tasks_limit   timestamptz := CASE WHEN (policy ->> 'deleteCompletedTasksAfterRetention')::boolean
    THEN expires_before(clock, status_days) ELSE '-infinity' END;
  is_dry_run    boolean := budget IS NULL;
  room          bigint := budget;
  -- One more than may go is looked for, to know whether something stays behind. LIMIT NULL is no limit.
  doomed        tid[];
  doomed_ids    uuid[];
  counts        bigint[] := '{0,0,0,0}';
  done          boolean := true;
BEGIN
  doomed := ARRAY(
    SELECT a.ctid FROM status_audit AS a
    WHERE a.updated_at_utc < greatest(status_limit, status_errors)
      AND a.updated_at_utc < CASE WHEN a.exception IS NULL THEN status_limit ELSE status_errors END
    LIMIT room + 1
  );
  done := done AND (is_dry_run OR cardinality(doomed) <= room);
  counts[1] := least(cardinality(doomed), room);
  IF NOT is_dry_run THEN DELETE FROM status_audit AS a WHERE a.ctid = ANY (doomed[:room]); END IF;
  room := room - counts[1];

  doomed := ARRAY(
    SELECT a.ctid FROM runs_audit AS a
    WHERE a.executed_at < greatest(runs_limit, runs_errors)
      AND a.executed_at < CASE WHEN a.exception IS NULL THEN runs_limit ELSE runs_errors END
    LIMIT room + 1
  );
  done := done AND (is_dry_run OR cardinality(doomed) <= room);
  counts[2] := least(cardinality(doomed), room);
  IF NOT is_dry_run THEN DELETE FROM runs_audit AS a WHERE a.ctid = ANY (doomed[:room]); END IF;
  room := room - counts[2];

  doomed := ARRAY(
    SELECT l.ctid FROM task_execution_log AS l WHERE l.timestamp_utc < logs_limit
    UNION
    SELECT l.ctid FROM (
      SELECT k.queued_task_id, max(k.sequence_number) - max_logs AS upto FROM task_execution_log AS k
      WHERE max_logs IS NOT NULL
      GROUP BY k.queued_task_id HAVING max(k.sequence_number) - min(k.sequence_number) >= max_logs
    ) AS excess
    JOIN task_execution_log AS l ON l.queued_task_id = excess.queued_task_id AND l.sequence_number <= excess.upto
    LIMIT room + 1
  );
  done := done AND (is_dry_run OR cardinality(doomed) <= room);
  counts[3] := least(cardinality(doomed), room);
  IF NOT is_dry_run THEN DELETE FROM task_execution_log AS l WHERE l.ctid = ANY (doomed[:room]); END IF;
  room := room - counts[3];

  -- Tasks go when all of their history has gone or may go.
  doomed_ids := ARRAY(
    SELECT t.id FROM queued_tasks AS t
    WHERE tasks_limit > '-infinity'
      AND t.status IN ('Completed', 'Cancelled') AND NOT t.is_recurring
      AND t.worker_id IS NULL AND t.due_at_utc IS NULL
      AND coalesce(t.last_execution_utc, t.created_at_utc) < tasks_limit
      AND NOT EXISTS (SELECT FROM status_audit AS a WHERE a.queued_task_id = t.id
        AND a.updated_at_utc >= CASE WHEN a.exception IS NULL THEN status_limit ELSE status_errors END)
      AND NOT EXISTS (SELECT FROM runs_audit AS a WHERE a.queued_task_id = t.id
        AND a.executed_at >= CASE WHEN a.exception IS NULL THEN runs_limit ELSE runs_errors END)
      AND NOT EXISTS (SELECT FROM task_execution_log AS l WHERE l.queued_task_id = t.id
        AND l.timestamp_utc >= logs_limit)
    LIMIT room + 1
  );
  done := done AND (is_dry_run OR cardinality(doomed_ids) <= room);
  counts[4] := least(cardinality(doomed_ids), room);
  IF NOT is_dry_run THEN
    -- One that is made due at this moment is no longer what it was.
    DELETE FROM queued_tasks AS t USING (
      SELECT d.id FROM queued_tasks AS d WHERE d.id = ANY (doomed_ids[:room])
        AND d.status IN ('Completed', 'Cancelled') AND d.worker_id IS NULL AND d.due_at_utc IS NULL
      ORDER BY d.id FOR UPDATE SKIP LOCKED
    ) AS d WHERE t.id = d.id;
    -- A rate limit's key that has its whole budget again is the same as a new one.
    DELETE FROM rate_limits AS l
    WHERE greatest(l.reserved_tat_ms, l.started_tat_ms) < to_epoch_ms(clock) - 86400000 AND NOT l.start_empty;
  END IF;

  RETURN json_build_object(
    'statusAudit', counts[1], 'runsAudit', counts[2], 'executionLog', counts[3], 'tasks', counts[4], 'done', done
  );
END $$;

INSERT INTO schema_migrations (version, name) VALUES (7, 'history');
COMMIT;
`};var oa=Object.keys(ia).sort(),Ct=Number.parseInt(oa.at(-1),10);async function Lo(t,e,s){let r=await ko(t,e);if(!No(r)){if(!s)throw new X(r,Ct,uE(r,e));await t.begin(async n=>{await n.unsafe("SELECT pg_advisory_xact_lock(hashtextextended('EverTask migrations in ' || $1::text, 0)), set_config('evertask.schema', $1::text, true)",[e]);let a=await ko(n,e);if(!No(a))for(let i of oa.slice(a))await n.unsafe(oE(i))})}}function No(t){if(t<=Ct)return t===Ct;throw new X(t,Ct,`The database has version ${t} of EverTask's schema, but this program knows only ${Ct}: run a newer version of EverTask here, or take another database or schema.`)}async function ko(t,e){if((await t.unsafe("SELECT c.relname FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = $1::text AND c.relname = 'schema_migrations'",[e])).length===0)return 0;let[r]=await t.unsafe(`SELECT max(version)::text AS version FROM "${e}".schema_migrations`);return Number(Object.values(r)[0]??0)}function oE(t){return ia[t].replace(/^(?:BEGIN|COMMIT);$/gm,"")}function uE(t,e){let s=oa[t],r=e==="evertask"?"":`PGOPTIONS='-c evertask.schema=${e}' `;return`${t===0?`There is no EverTask schema "${e}" in the database`:`EverTask's schema "${e}" has version ${t}, and this program needs ${Ct}`}, and \`migrate\` is off. Run the files of sql/postgres/ from ${s} on, in order: ${r}psql -v ON_ERROR_STOP=1 -f sql/postgres/${s} \u2026; or let postgresStorage do it with migrate: true.`}var cE=10,dE=.2;function Ao({clock:t,sql:e,prepare:s,limitMs:r,cut:n}){let a=dE*r;return(i,o,u=!1)=>{let c=e.unsafe(i,[...o],{prepare:s}),d=u?cE*r:r;return new Promise((l,E)=>{let f=!1,m=()=>{},T=p=>{let x=`PostgreSQL has not answered a query within ${d} ms: the network, the server or a lock holds it up. It was given up; the option queryTimeout sets the limit.`;E(new y(x,{cause:p}))},S=()=>{if(c.state===null)return N(d);if(n!==null&&c.active===!1)return N(a);if(f&&n===null)return T();f?n():c.active!==!1&&lE(c),f=!0,N(a)},N=p=>{m=t.setTimer(S,p)};N(d),c.then(p=>{m(),l(p)},p=>{m(),f&&It(p)instanceof y?T(p):E(p)})})}}function lE(t){t.canceller?.(t).then(()=>{},()=>{})}import{connect as So}from"node:net";var br=class{#e=new Set;#t=0;#s=!1;open=({host:e,port:s,path:r})=>{for(let i of this.#e)i.destroyed&&this.#e.delete(i);let n=this.#t++%e.length,a=r?So(r):So(s[n],e[n]);return this.#e.add(a),this.#s&&Q.setTimer(()=>a.destroy(),0),Object.assign(a,{host:e[n],port:s[n]})};cut(){for(let e of this.#e)e.destroy();this.#e.clear()}close(){this.#s=!0,this.cut()}};var _o=1,Fr=class{#e;#t=null;#s=null;#r=!1;#n=null;#a=null;#o=Promise.resolve();#i=-1/0;constructor(e){this.#e=e}get sender(){return this.#e.sender}message(e){return{kind:e,from:this.sender}}messageToAll(){return{kind:"tasks"}}takeTasksMessage(){let e=this.#e.clock.monotonic();return e-this.#i<_o?null:(this.#i=e,this.message("tasks"))}tellOfTasks(){if(this.#n!==null||this.#r)return;let e=Math.max(0,this.#i+_o-this.#e.clock.monotonic());this.#n=this.#e.clock.setTimer(()=>this.#c(),e)}listen(){this.#t??=this.#u()}async close(){this.#r=!0,this.#n!==null&&(this.#n(),this.#c()),this.#a?.(),await this.#o,await this.#t,await this.#s?.().catch(()=>{})}#c(){this.#n=null,this.#i=this.#e.clock.monotonic();let e=this.#e.send(this.message("tasks")).catch(()=>{});this.#o=Promise.all([this.#o,e])}async#u(e=0){try{let{unlisten:s}=await this.#e.sql.listen(this.#e.name,r=>this.#E(r),()=>this.#d());this.#s=s}catch{if(this.#r)return;this.#a=this.#e.clock.setTimer(()=>{this.#t=this.#u(e+1)},ge(e+1))}}#d(){this.#l({kind:"tasks"}),this.#l({kind:"queues"})}#E(e){let{from:s,kind:r,taskIds:n}=Ur(e);s!==this.sender&&this.#l(r==="cancel"?{kind:r,taskIds:n??[]}:{kind:r})}#l(e){this.#r||this.#e.onSignal(e)}};async function Ro(t,e,s){let{schema:r,prepare:n,queryTimeoutMs:a}=t,i=new br,o=t.sql===null?EE(t,i):null,u=t.sql??o,c=async()=>{await o?.end({timeout:1}),i.close()};try{await Lo(u,r,t.migrate);let d=Ao({clock:Q,sql:u,prepare:n,limitMs:a,cut:o&&(()=>i.cut())}),[l]=await d("SELECT gen_random_uuid()::text AS id",[]),E=String(Object.values(l)[0]),f=t.notify?new Fr({clock:Q,sql:u,name:r,sender:E,send:m=>e.call(d,"notify_processes",m),onSignal:s}):null;return{run:d,processId:E,channel:f,async close(){await f?.close(),await c()}}}catch(d){throw await c(),It(d)}}function EE(t,e){let{url:s,maxConnections:r,prepare:n,queryTimeoutMs:a}=t;return hE(s,{socket:e.open,connect_timeout:a/1e3,max:r,prepare:n,fetch_types:!1,onnotice:()=>{},connection:{application_name:"evertask"},backoff:fE})}function fE(t){return Math.min(1,.05*2**t)}var qr=class{#e;#t;#s;#r=null;#n=null;constructor(e,s){this.#e=e,this.#t=new vr(e.schema),this.#s=s}async open(){this.#r??=Ro(this.#e,this.#t,this.#s);try{return this.#n=await this.#r}catch(e){throw this.#r=null,e}}async close(){let e=this.#r;this.#r=null,this.#n=null,await(await e?.catch(()=>null))?.close()}get isOpen(){return this.#n!==null}get session(){if(this.#n!==null)return this.#n;throw new we("The PostgreSQL storage is not open: call open() before, and nothing after close().")}call=async(e,...s)=>await this.#t.call(this.session.run,e,...s);async callIn(e,s,...r){let{run:n}=this.session,a=e===void 0?n:mo(e,this.#e.prepare);return await this.#t.call(a,s,...r)}};async function wo(t,e,s,{budget:r,dryRun:n=!1}){if(n)return{...await t("purge_history",s,null),busy:!1};let a={statusAudit:0,runsAudit:0,executionLog:0,tasks:0},i=r,o=!1;try{do{if(!await t("take_maintenance","purge",e))return{...a,done:!1,busy:!0};let u=await t("purge_history",s,Math.min(i,1e3));o=u.done;for(let c of Object.keys(a))a[c]+=u[c],i-=u[c]}while(!o&&i>0);return{...a,done:o,busy:!1}}finally{await t("end_maintenance","purge",e)}}function Ue(t={}){let{limit:e=50}=t;if(Number.isInteger(e)&&e>=1&&e<=1e3)return e;throw new h("limit",e,"be an integer from 1 to 1000")}function xt(t={}){let{after:e}=t;if(e===void 0)return 0;let s=/^\d{1,16}$/.test(e)?Number(e):NaN;if(Number.isSafeInteger(s))return s;throw new h("after",e,"be the `next` of the page before")}function Dt(t={}){let{after:e}=t;if(e===void 0||jn(e))return e;throw new h("after",e,"be the `next` of the page before")}function Me(t,e,s,r){return{items:t.slice(0,e).map(s),next:t.length>e?r(t[e-1]):null}}function ua(t){let e=t;return e.auditLevel=J(t.auditLevel),e}var mE={taskKey:null,lostCount:0,cancelRequested:!1,rateSlotAt:null,traceContext:null,retryPolicy:null,series:null};function Oo(t){let e=new Map(t.rare?.map(s=>[s.id,s]));return t.id.map((s,r)=>({id:s,type:t.type[r],request:t.request[r],status:t.status[r],auditLevel:J(t.auditLevel[r]),queue:t.queue[r],priority:t.priority[r],createdAt:t.createdAt[r],dueAt:t.dueAt[r],attempt:t.attempt[r],leaseToken:t.leaseToken[r],...e.get(s)??mE}))}function Z(t){return/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(t)?t:"00000000-0000-0000-0000-000000000000"}function yo(t){let{series:e,due:s}=t;return{id:t.id,type:t.type,handler:t.handler,request:t.request,status:t.status,due_in_ms:"inMs"in s?s.inMs:void 0,due_at_ms:"at"in s?s.at:void 0,audit_level:M(t.auditLevel),queue_name:t.queue,priority:t.priority,task_key:t.taskKey??void 0,trace_context:t.traceContext??void 0,retry_policy:t.retryPolicy??void 0,claim_for:t.claimFor??void 0,schedule:e?.schedule,info:e?.info,anchor_at_ms:e?.anchorAt,max_runs:e?.maxRuns,run_until_ms:e?.runUntil,next_run_at_ms:e?.nextRunAt}}function Io(t){return{...Mo(t),due_in_ms:t.dueInMs,return_attempt:t.returnAttempt,rate_slot_at_ms:t.rateSlotAt??void 0,execution_time_ms:t.executionTimeMs}}function Co(t){let e=t[0]?.lease?.workerId;return e===void 0||!t.every(s=>TE(s,e))?null:[e,t.map(({taskId:s})=>Z(s)),t.map(({lease:s})=>s.token),t.map(({auditLevel:s})=>M(s)),t.map(({steps:s})=>Math.round(s[0].agoMs)),t.map(({steps:s})=>Math.round(s[1].agoMs)),t.map(({executionTimeMs:s})=>s)]}function TE(t,e){let{steps:[s,r],lease:n,executionTimeMs:a}=t;return t.steps.length===2&&s.status==="InProgress"&&r.status==="Completed"&&s.exception===null&&r.exception===null&&n?.workerId===e&&a!==void 0&&t.dueInMs===void 0&&!t.returnAttempt&&(t.rateSlotAt??null)===null}function xo(t){return{...Mo(t),execution_time_ms:t.executionTimeMs,next_run_at_ms:t.nextRunAt,counts:t.counts}}function Do({taskId:t,token:e,dueAt:s}){return{id:Z(t),token:e,due_at_ms:s}}function Uo({taskId:t,level:e,message:s,exception:r,run:n,agoMs:a}){return{task_id:Z(t),level:e,message:s,exception:r,run:n,ago_ms:a}}function Mo({taskId:t,auditLevel:e,steps:s,lease:r}){let n=s.at(-1);return{id:Z(t),audit_level:M(e),...go(n),earlier:s.length>1?s.slice(0,-1).map(go):void 0,worker_id:r?.workerId,lease_token:r?.token}}function go({status:t,exception:e,agoMs:s}){return{status:t,exception:e??void 0,ago_ms:s}}async function vo(t,e){return Wo(await t("get_task",Z(e)))}async function bo(t,e){return Wo(await t("get_task_by_key",e))}async function Fo(t,e={},s={}){let r=Ue(s),n=Dt(s),a=await t("list_tasks",e,n,r+1);return Me(a,r,ua,({id:i})=>i)}async function Wr(t,e,s,r={}){let n=Ue(r),a=xt(r),i=await t(e,Z(s),a,n+1);return Me(i,n,({number:o,...u})=>u,({number:o})=>String(o))}async function qo(t){let e=await t("task_statistics"),r={...Object.fromEntries(De.map(n=>[n,0])),...e.tasksByStatus};return{...e,tasksByStatus:r}}function Wo(t){return t&&ua(t)}var pE="EVT01",Hr=class{name="postgres";polling;#e;#t=new xr(Q);#s=new Set;#r=!1;constructor(e){this.#e=new qr(e,s=>{for(let r of this.#s)r(s)}),this.polling=e.notify?{busyMs:1e3,idleMs:2e3}:{busyMs:100,idleMs:1e3}}async open(){let{channel:e}=await this.#e.open();return this.#s.size>0&&e?.listen(),{now:await this.#e.call("clock_ms")}}close(){return this.#e.close()}async persist(...[e,s={}]){if(e.length===0)return[];let{channel:r}=this.#e.session,n=e.some(NE),a=s.connection!==void 0,i=null;n&&(i=a?r?.messageToAll():r?.takeTasksMessage());let o=await this.#e.callIn(s.connection,"persist_tasks",e.map(yo),i);return n&&!a&&!i&&r?.tellOfTasks(),o??e.map(({id:u,claimFor:c})=>({id:u,outcome:"created",claimed:c!==null}))}async claim({workerId:e,types:s,queues:r}){let n=this.#t.begin(r);try{let a=await this.#e.call("claim_tasks",e,s,n),i=a.tasks===null?[]:Oo(a.tasks);return this.#t.learn(n,{...a,tasks:i}),{now:a.now,tasks:i}}catch(a){throw a instanceof Error&&Mr(a.cause)===pE?new ue(e):a}}setStatus(...e){return gt(this,...e)}setStatusMany(...[e,s={}]){let r=[...e].sort(ca),n=Co(r);if(n!==null)return this.#n("complete_tasks",e,n,s.connection);let a=e.some(({dueInMs:o})=>o===0),i=[r.map(Io),a?this.#a("tasks"):null];return this.#n("set_task_statuses",e,i,s.connection)}updateCurrentRun(...e){return Ot(this,...e)}updateCurrentRunMany(...[e,s={}]){let r=[...e].sort(ca).map(xo);return this.#n("update_current_runs",e,[r,null],s.connection)}async requestCancel(...[e]){if(e.length===0)return[];let s=this.#e.session.channel?.sender??null,r=await this.#e.call("request_cancel",e.map(Z),s);return e.map(n=>r[n]??"unknown")}async release(...[e,s]){if(s.length===0)return;let r=[...s].sort(ca).map(Do);await this.#e.call("release_tasks",e,r,this.#a("tasks"))}async releaseUnknown(...[e,s]){let r=this.#a("tasks");return await this.#e.call("release_unknown_tasks",e,s.map(Z),r)}async makeDue(...[e]){if(e.length===0)return[];let s=this.#a("tasks"),r=new Set(await this.#e.call("make_due",e.map(Z),s));return e.map(n=>r.has(n))}async nextDueAt(...[e,s]){if(e.length===0||s.length===0)return null;let r=this.#t.begin(e.map(n=>({name:n})));return await this.#e.call("next_due_at",r,s)}onWake(...[e]){return this.#s.add(e),this.#e.isOpen&&this.#e.session.channel?.listen(),()=>this.#s.delete(e)}async registerWorker(...[{id:e,host:s}]){await this.#e.call("register_worker",e,s)}async heartbeat(...[e,s]){return await this.#e.call("heartbeat",e,s)}async unregisterWorker(...[e]){await this.#e.call("unregister_worker",e)}async releaseLost(...[e]){let{leaseMs:s,poisonLimit:r,lostReason:n,poisonReason:a}=e,i=this.#a("tasks");return await this.#e.call("release_lost",s,r,n,a,i)}async setQueuePaused(...[e,s]){await this.#e.call("set_queue_paused",e,s,this.#a("queues"))}async takeRateSlots(...[e]){return await this.#e.call("take_rate_slots",e)}get(...[e]){return vo(this.#e.call,e)}getByTaskKey(...[e]){return bo(this.#e.call,e)}list(...e){return Fo(this.#e.call,...e)}statusAudit(...e){return Wr(this.#e.call,"list_status_audit",...e)}runsAudit(...e){return Wr(this.#e.call,"list_runs_audit",...e)}executionLogs(...e){return Wr(this.#e.call,"list_execution_logs",...e)}async countExecutionLogs(...[e,s,r]){return await this.#e.call("count_execution_logs",Z(e),s,r)}async workers(){return await this.#e.call("list_workers")}async backlog(){return await this.#e.call("task_backlog")}statistics(){return qo(this.#e.call)}async auditGrowth(){return await this.#e.call("audit_growth")}async saveExecutionLogs(...[e]){e.length>0&&await this.#e.call("save_execution_logs",e.map(Uo))}async purge(...[e,s]){let{processId:r}=this.#e.session;if(this.#r&&!s.dryRun)return{statusAudit:0,runsAudit:0,executionLog:0,tasks:0,done:!1,busy:!0};this.#r=!0;try{return await wo(this.#e.call,r,e,s)}finally{this.#r=!1}}async#n(e,s,r,n){if(s.length===0)return[];let a=await this.#e.callIn(n,e,...r);if(a===null)return s.map(()=>({applied:!0}));let i=new Set(a);return s.map(({taskId:o})=>({applied:i.has(o)}))}#a(e){return this.#e.session.channel?.message(e)??null}};function ca(t,e){return t.taskId<e.taskId?-1:1}function NE({status:t,due:e,claimFor:s}){return s===null&&(t==="Queued"||"inMs"in e&&e.inMs<=0)}function kE(t){return new Hr(Eo(t))}function Ho(t){return{prepare:e=>LE(t,t.prepare(e)),exec:e=>void t.exec(e),get inTransaction(){return t.inTransaction},close:()=>t.close()}}function LE(t,e){let s=r=>{let{int64:n}=t;t.int64=!0;try{return e.all(...r)}finally{t.int64=n}};return{run:r=>e.run(...r),get:r=>s(r)[0],all:s}}import{DatabaseSync as AE}from"node:sqlite";function Po(t){return da(new AE(t))}function da(t){return{prepare:e=>SE(t.prepare(e)),exec:e=>t.exec(e),get inTransaction(){return t.isTransaction},close:()=>t.close()}}function SE(t){return{run:e=>Number(t.run(...e).changes),get:e=>t.get(...e),all:e=>t.all(...e)}}var $o=new WeakMap;function Pr(t,e){let s=typeof t=="object"&&t!==null?t:{},r=$o.get(s);if(r===void 0){if(_E(s))r=Ho(s);else if(RE(s))r=da(s);else throw new h(e,t,"be an open DatabaseSync of node:sqlite or Database of @db/sqlite");$o.set(s,r)}return r}function _E(t){return"prepare"in t&&"int64"in t&&"inTransaction"in t}function RE(t){return"prepare"in t&&"exec"in t&&"isTransaction"in t}var wE=["path","database","synchronous","busyTimeout","exclusive","migrate","clock"],gE=["OFF","NORMAL","FULL","EXTRA"];function Go(t){if(typeof t=="string"&&(t={path:t}),typeof t!="object"||t===null)throw new h("sqliteStorage",t,"get the name of a file, or options");g(t,wE,"options");let{path:e,database:s,synchronous:r="NORMAL",busyTimeout:n=250}=t;if(e===void 0==(s===void 0))throw new h("options",t,"have either `path` or `database`");if(e!==void 0&&(typeof e!="string"||e===""))throw new h("path",e,'be the name of a file, or ":memory:"');if(!gE.includes(r))throw new h("synchronous",r,"be OFF, NORMAL, FULL or EXTRA");return{path:e??"the application's database",database:s===void 0?void 0:Pr(s,"database"),synchronous:r,busyTimeoutMs:Math.min(k(n,"busyTimeout"),2**31-1),exclusive:t.exclusive??!1,migrate:t.migrate??!0,clock:t.clock??Q}}var ve=class{#e;#t;#s=[];limit=16;mostParameters;constructor(e){this.#e=e,this.#t=e.shared??0,this.mostParameters=this.#t+this.limit*e.columns}run(e,s){let r=(s.length-this.#t)/this.#e.columns;return e.prepare(this.#s[r]??=this.sql(r)).run(s)}sql(e){let{text:s,columns:r}=this.#e;return s(Array.from({length:e},(n,a)=>1+this.#t+a*r))}};function ks(t,e){return Array.from({length:e},(s,r)=>`?${t+r}`).join(", ")}function Bo(t,e){return t.get("UPDATE evertask_state SET audit_sequence = audit_sequence + ? RETURNING audit_sequence",e).audit_sequence-e+1}var OE={task_changes:"UPDATE evertask_state SET task_changes = task_changes + 1",queue_changes:"UPDATE evertask_state SET queue_changes = queue_changes + 1",cancel_changes:"UPDATE evertask_state SET cancel_changes = cancel_changes + 1"};function Y(t,e){t.run(OE[e])}function Qo(t){return t.get("SELECT task_changes, queue_changes, cancel_changes FROM evertask_state")}var Yo=new ve({text:t=>`INSERT INTO status_audit (sequence, queued_task_id, updated_at_utc, new_status, exception) VALUES ${t.map((e,s)=>`(?1 + ${s}, ${ks(e,4)})`).join(", ")}`,columns:4,shared:1}),yE="INSERT INTO runs_audit (queued_task_id, sequence, executed_at_utc, execution_time_ms, status, exception) VALUES (?, ?, ?, ?, ?, ?)",K=class{#e;#t;#s;#r=[];constructor(e,s,r){this.#e=e,this.#t=s,this.#s=r===0?0:Bo(e,r)}static rowsFor(e){return e.auditLevel==="None"?0:e.steps.length}addSteps(e,s,r){for(let{status:n,exception:a,agoMs:i}of r)Cr(s,n,a)&&(this.#r.length===0&&this.#r.push(this.#s),this.#r.push(e,Math.round(this.#t-i),n,a),this.#s++,this.#r.length===Yo.mostParameters&&this.flush())}flush(){this.#r.length!==0&&(Yo.run(this.#e,this.#r),this.#r=[])}writeRun(e,s,r){na(e.auditLevel,s.status,s.exception)&&this.#e.run(yE,e.taskId,this.#s++,r,e.executionTimeMs,s.status,s.exception)}},Ko=ut.filter(t=>Cr(t,"Queued",null)),IE=`INSERT INTO status_audit (queued_task_id, sequence, updated_at_utc, new_status) SELECT id, 1, created_at_utc, status FROM queued_tasks WHERE rowid > last_insert_rowid() - ? AND audit_level IN (${Ko.map(M).join(", ")})`;function jo(t){return Ko.includes(t)}function zo(t,e){t.run(IE,e)}var Ut=class{#e;#t=[];constructor(e){this.#e=e}find(e){return this.#t.find(e)}open(e){return this.#t.length===8&&this.#e(this.#t.shift()),this.#t.push(e),e}added(e){e.parameters.length<e.statement.mostParameters||(this.#t=this.#t.filter(s=>s!==e),this.#e(e))}flush(){for(let e of this.#t.splice(0))this.#e(e)}};var Vo=3,Jo="UPDATE queued_tasks INDEXED BY sqlite_autoindex_queued_tasks_1 SET status = ?1, exception = NULL, worker_id = NULL, due_at_utc = NULL, cancel_requested = 0, rate_slot_utc = NULL",Zo="worker_id = ?2 AND lease_token = ?3",CE=new ve({text:t=>`${Jo} WHERE ${eu(t)} AND ${Zo}`,columns:1,shared:Vo}),xE=new ve({text:t=>`${Jo}, last_execution_utc = ${Xo(t,1)}, execution_time_ms = ${Xo(t,2)} WHERE ${eu(t)} AND ${Zo}`,columns:3,shared:Vo});function eu(t){return`id IN (${t.map(e=>`?${e}`).join(", ")})`}function Xo(t,e){return`CASE id ${t.map(s=>`WHEN ?${s} THEN ?${s+e}`).join(" ")} END`}var Ls=class extends Error{name="LeaseMissed"},$r=class{#e;constructor(e){this.#e=new Ut(({statement:s,parameters:r,tasks:n})=>{if(s.run(e,r)!==n)throw new Ls})}add(e,s,r,n){let a=n===null?CE:xE,i=this.#e.find(o=>o.statement===a&&o.status===r&&o.lease.token===s.token&&o.lease.workerId===s.workerId)??this.#e.open({statement:a,status:r,lease:s,tasks:0,parameters:[r,s.workerId,s.token]});i.tasks++,n===null?i.parameters.push(e):i.parameters.push(e,n.endedAt,n.tookMs),this.#e.added(i)}flush(){this.#e.flush()}};var Mt=class{#e;#t;constructor(e,s=""){this.#e=`${e} WHERE id = ?${s}`,this.#t=`${this.#e} AND worker_id = ? AND lease_token = ?`}apply(e,s,{taskId:r,lease:n}){return s.push(r),n===void 0?e.prepare(this.#e).run(s)>0:(s.push(n.workerId,n.token),e.prepare(this.#t).run(s)>0)}},DE=new Mt("UPDATE queued_tasks SET status = ?, exception = ?, rate_slot_utc = ?, attempt = max(attempt - ?, 0)"),la="last_execution_utc = coalesce(?, last_execution_utc), execution_time_ms = coalesce(?, execution_time_ms)",UE=new Mt(`UPDATE queued_tasks SET status = ?, exception = ?, worker_id = NULL, due_at_utc = NULL, cancel_requested = 0, rate_slot_utc = NULL, ${la}`),su="due_at_utc = CASE WHEN cancel_requested = 1 THEN min(?, ?) ELSE ? END, cancel_requested = iif(? IS NULL, 0, cancel_requested)";function ru(t,e){return[t,e,e,e]}var ME=new Mt(`UPDATE queued_tasks SET status = ?, exception = ?, worker_id = NULL, ${su}, rate_slot_utc = ?, attempt = max(attempt - ?, 0), ${la}`),vE=new Mt(`UPDATE queued_tasks SET status = ?, exception = ?, worker_id = NULL, next_run_utc = ?, ${su}, rate_slot_utc = NULL, attempt = 0, lost_count = 0, current_run_count = min(current_run_count + ?, 2147483647), ${la}`," AND recurring_task IS NOT NULL");function nu(t,e){if(e.length>1)try{return tu(t,e,new $r(t))}catch(s){if(!(s instanceof Ls))throw s}return tu(t,e,null)}function tu(t,e,s){return t.transaction(r=>{let n=e.reduce((u,c)=>u+K.rowsFor(c),0),a=new K(t,r,n),i=!1,o=e.map(u=>{let c=bE(t,r,u,s);return c&&(a.addSteps(u.taskId,u.auditLevel,u.steps),i||=u.dueInMs!==void 0),{applied:c}});return s?.flush(),a.flush(),i&&Y(t,"task_changes"),o})}function bE(t,e,s,r){let{auditLevel:n,dueInMs:a,rateSlotAt:i=null,returnAttempt:o,executionTimeMs:u,lease:c}=s,{status:d,exception:l,agoMs:E}=iu(s.steps),f=o?1:0;if(a===void 0&&(d==="InProgress"||d==="Queued"))return DE.apply(t,[d,l,i,f],s);let m=u===void 0||n==="None"?null:{endedAt:Math.round(e-E),tookMs:u},[T,S]=[m?.endedAt??null,m?.tookMs??null];if(a===void 0&&i===null&&!f)return r!==null&&c!==void 0&&l===null?(r.add(s.taskId,c,d,m),!0):UE.apply(t,[d,l,T,S],s);let N=a===void 0?null:Math.round(e+a);return ME.apply(t,[d,l,...ru(e,N),i,f,T,S],s)}function au(t,e){return t.transaction(s=>{let r=e.reduce((i,o)=>i+K.rowsFor(o)+1,0),n=new K(t,s,r),a=e.map(i=>{let{counts:o=!0,nextRunAt:u}=i,c=iu(i.steps),d=Math.round(s-c.agoMs),l=vE.apply(t,[c.status,c.exception,u,...ru(s,u),o?1:0,o?d:null,o?i.executionTimeMs:null],i);return l&&(n.addSteps(i.taskId,i.auditLevel,i.steps),o&&n.writeRun(i,c,d)),{applied:l}});return n.flush(),e.some(i=>i.nextRunAt!==null)&&Y(t,"task_changes"),a})}function iu(t){return t[t.length-1]}var FE="INSERT INTO paused_queues (queue_name) VALUES (?) ON CONFLICT DO NOTHING",qE="DELETE FROM paused_queues WHERE queue_name = ?",WE="SELECT CAST(queue_name AS BLOB) AS queue_name FROM paused_queues ORDER BY paused_queues.queue_name";function ou(t,e,s){t.transaction(()=>{t.run(s?FE:qE,e),Y(t,"queue_changes")})}function be(t){let e=new TextDecoder("utf-8",{ignoreBOM:!0}),s=t.all(WE);return new Set(s.map(r=>e.decode(r.queue_name)))}function j(t){return`iif(instr(${t}, char(0)), CAST(${t} AS BLOB), ${t}) AS ${t}`}var ha=`${j("recurring_task")}, ${j("recurring_info")},
  anchor_utc, max_runs, run_until, next_run_utc, current_run_count`,uu=`id, ${j("type")}, ${j("request")}, status, audit_level,
  priority, ${j("task_key")}, created_at_utc, due_at_utc, attempt, lost_count, lease_token,
  cancel_requested, rate_slot_utc, ${j("trace_context")}, retry_policy`,cu=`${uu}, recurring_task IS NOT NULL AS recurring`,vt=`${uu}, ${ha}, ${j("handler")},
  ${j("exception")}, ${j("queue_name")}, scheduled_execution_utc,
  last_execution_utc, execution_time_ms, worker_id`,du=`queued_task_id, sequence, updated_at_utc, new_status, ${j("exception")}`,lu=`queued_task_id, sequence, executed_at_utc, execution_time_ms, status, ${j("exception")}`,hu=`task_id, sequence, logged_at_utc, level, ${j("message")}, ${j("exception")}, run_number`,Eu=`id, ${j("host")}, started_at_utc, heartbeat_utc`;function fu(t,e,s){return{id:t.id,type:de(t.type),request:de(t.request),status:t.status,auditLevel:J(t.audit_level),queue:e,priority:t.priority,taskKey:Ke(t.task_key),createdAt:t.created_at_utc,dueAt:t.due_at_utc,attempt:t.attempt+1,lostCount:t.lost_count,leaseToken:t.lease_token+1,cancelRequested:t.cancel_requested===1,rateSlotAt:t.rate_slot_utc,traceContext:Ke(t.trace_context),retryPolicy:t.retry_policy,series:s}}function bt(t){return{id:t.id,type:de(t.type),handler:de(t.handler),request:de(t.request),status:t.status,exception:Ke(t.exception),auditLevel:J(t.audit_level),queue:de(t.queue_name),priority:t.priority,taskKey:Ke(t.task_key),createdAt:t.created_at_utc,scheduledAt:t.scheduled_execution_utc,dueAt:t.due_at_utc,lastExecutionAt:t.last_execution_utc,executionTimeMs:t.execution_time_ms,attempt:t.attempt,lostCount:t.lost_count,workerId:t.worker_id,leaseToken:t.lease_token,cancelRequested:t.cancel_requested===1,rateSlotAt:t.rate_slot_utc,traceContext:Ke(t.trace_context),retryPolicy:t.retry_policy,series:Ea(t)}}function Ea(t){return t.recurring_task===null?null:{schedule:de(t.recurring_task),info:de(t.recurring_info),anchorAt:t.anchor_utc,maxRuns:t.max_runs,runUntil:t.run_until,nextRunAt:t.next_run_utc,runCount:t.current_run_count}}function mu(t){return{taskId:t.queued_task_id,updatedAt:t.updated_at_utc,newStatus:t.new_status,exception:Ke(t.exception)}}function Tu(t){return{taskId:t.queued_task_id,executedAt:t.executed_at_utc,executionTimeMs:t.execution_time_ms,status:t.status,exception:Ke(t.exception)}}function pu(t){return{taskId:t.task_id,loggedAt:t.logged_at_utc,level:t.level,message:de(t.message),exception:Ke(t.exception),run:t.run_number,sequence:t.sequence}}function Nu(t){return{id:t.id,host:de(t.host),startedAt:t.started_at_utc,heartbeatAt:t.heartbeat_utc}}var HE=new TextDecoder("utf-8",{ignoreBOM:!0});function de(t){return t instanceof Uint8Array?HE.decode(t):t}function Ke(t){return t===null?null:de(t)}var PE="SELECT claim_rank FROM queued_tasks INDEXED BY queued_tasks_due WHERE due_at_utc IS NOT NULL AND queue_name = ? AND claim_rank < ? ORDER BY claim_rank DESC LIMIT 1",$E=2*32768;function GE(t){return t-Math.abs(t%2)}function ku(t,e){return`SELECT ${t} FROM queued_tasks INDEXED BY queued_tasks_due WHERE queue_name = ? AND claim_rank = ? AND due_at_utc <= ? AND type IN (${Lu(e)}) ORDER BY due_at_utc, id LIMIT ?`}function BE(t){return`UPDATE queued_tasks SET worker_id = ?, attempt = attempt + 1, lease_token = lease_token + 1, due_at_utc = NULL WHERE rowid IN (${ku("rowid",t)})`}function QE(t){return`SELECT due_at_utc FROM queued_tasks INDEXED BY queued_tasks_due WHERE due_at_utc IS NOT NULL AND queue_name = ? AND claim_rank = ? AND type IN (${Lu(t)}) ORDER BY due_at_utc LIMIT 1`}function Lu(t){return Array(t).fill("?").join(", ")}var Gr=class t{select;claim;next;static#e=new Map;constructor(e){this.select=ku(cu,e),this.claim=BE(e),this.next=QE(e)}static for(e){let s=this.#e.get(e);return s===void 0&&this.#e.set(e,s=new t(e)),s}};function Au(t,e){return t.transaction(s=>{if(t.get("SELECT 1 FROM workers WHERE id = ?",e.workerId)===void 0)throw new ue(e.workerId);let n=be(t),a=e.queues.filter(({name:i})=>!n.has(i)).flatMap(({name:i,limit:o})=>YE(t,s,e,i,o));return{now:s,tasks:a}})}function YE(t,e,{workerId:s,types:r},n,a){if(r.length===0)return[];let i=Gr.for(r.length),o=[];for(let u of Su(t,n)){let c=a-o.length;if(c<=0)break;let d=u.map(E=>t.all(i.select,n,E,e,...r,c)),l=KE(d,c);for(let[E,f]of u.entries()){let m=d[E].filter(T=>l.has(T)).length;m!==0&&t.run(i.claim,s,n,f,e,...r,m)}for(let E of l)o.push(fu(E,n,zE(t,E)))}return o}function KE(t,e){let[s=[],...r]=t.filter(a=>a.length>0);if(r.length===0)return new Set(s);let n=s.concat(...r);return n.sort((a,i)=>a.due_at_utc-i.due_at_utc||(a.id<i.id?-1:1)),new Set(n.slice(0,e))}var jE=`SELECT ${ha} FROM queued_tasks WHERE id = ?`;function zE(t,e){return e.recurring===1?Ea(t.get(jE,e.id)):null}function*Su(t,e){let s=$E;for(;;){let r=t.get(PE,e,s);if(r===void 0)return;let n=r.claim_rank;s=GE(n),yield n===s?[n]:[n,s]}}function _u(t,e,s){if(s.length===0)return null;let{next:r}=Gr.for(s.length),n=be(t),a=1/0;for(let i of e)if(!n.has(i))for(let o of[...Su(t,i)].flat()){let u=t.get(r,i,o,...s);u!==void 0&&(a=Math.min(a,u.due_at_utc))}return a===1/0?null:a}var Ft=class{#e;#t;#s;#r=new Map;constructor(e,s,r){this.#e=e,this.#t=s,this.#s=r}prepare(e){let s=this.#r.get(e);return s===void 0&&(s=this.#e.prepare(e),this.#r.set(e,s)),s}run(e,...s){return this.prepare(e).run(s)}get(e,...s){return this.prepare(e).get(s)}all(e,...s){return this.prepare(e).all(s)}exec(e){this.#e.exec(e)}transaction(e){let s=this.#e.inTransaction;if(s&&this.#t==="own")throw new y("The application has a transaction open on the database connection that it shares with EverTask. Pass that connection as `connection` to take part in the transaction, or give EverTask a connection of its own.");let[r,n]=s?VE:XE,a=!1;try{this.run(r),a=!0;let i=e(this.#s.now());return this.run(n),i}catch(i){throw this.#e.inTransaction&&this.#n(s,a),i}}#n(e,s){e?s&&(this.run("ROLLBACK TO evertask"),this.run("RELEASE evertask")):this.run("ROLLBACK")}close(){this.#r.clear(),this.#e.close()}},XE=["BEGIN IMMEDIATE","COMMIT"],VE=["SAVEPOINT evertask","RELEASE evertask"];import{existsSync as Ru,statSync as JE}from"node:fs";import{dirname as ZE}from"node:path";var ef=new Map([[5,"busy"],[6,"busy"],[15,"busy"],[8,"readOnly"],[10,"input"],[11,"format"],[13,"full"],[14,"cannotOpen"],[26,"format"]]),tf=[[/database (table )?is locked|locking protocol/,"busy"],[/attempt to write a readonly database/,"readOnly"],[/database or disk is full/,"full"],[/file is not a database|disk image is malformed/,"format"],[/unable to open database file/,"cannotOpen"],[/disk I\/O error/,"input"]];function Br(t,e){if(t instanceof A)return t;let s=t instanceof Error?t.message:String(t),r={cause:t};switch(nf(t,s)){case"busy":return new y(`${e} is locked by another connection (${s}). It is tried again; if it stays so, look for a process that keeps a transaction open, or that uses the file with \`exclusive: true\`.`,r);case"full":return new Re(`There is no room to write to ${e} (${s}). Nothing of the write was kept; free space on the disk, or raise PRAGMA max_page_count.`,r);case"readOnly":return new oe(`${e} cannot be written (${s}). Give this process the right to write the file and its folder, which also holds the files -wal and -shm.`,r);case"format":return new zt(`${e} is not a SQLite database, or is damaged (${s}). Check the path; restore a damaged file from a backup.`,r);case"cannotOpen":return sf(e,s,r);case"input":return new y(`Reading or writing ${e} failed (${s}). It is tried again; if it stays so, check the disk.`,r);default:return new _(`SQLite refused a statement on ${e}: ${rf(s)}`,r)}}function sf(t,e,s){let r=ZE(t),n=`${t} cannot be opened (${e})`;return Ru(r)?af(t)?new _(`${n}: it is a folder. Name a file in it.`,s):new oe(`${n}. Give this process the right to read and write the file and its folder, ${r}.`,s):new _(`${n}: there is no folder ${r}. Create it first.`,s)}function rf(t){return t.split(`
`,1)[0].replace(/ in $/,"")}function nf(t,e){let{errcode:s}=t;return typeof s=="number"?ef.get(s&255):tf.find(([r])=>r.test(e))?.[1]}function af(t){return Ru(t)&&JE(t).isDirectory()}var wu={"0001_schema.sql":`-- The tables of EverTask in SQLite. The driver runs this file in one transaction; by hand:
--   sqlite3 -bail app.db "BEGIN IMMEDIATE" ".read 0001_schema.sql" "COMMIT"
--
-- Instants are whole milliseconds since 1970 (UTC); \`datetime(created_at_utc / 1000, 'unixepoch')\` shows one. Ids are UUIDs
-- of version 7 as text: they grow with time, so inserts touch only the last pages of a b-tree (random ones took six times
-- as long). As blobs they would make a write 8 % faster, and every look into the file by hand a chore.
--
-- There are no foreign keys: every child row is written in the transaction that finds or writes its task, and tasks are
-- deleted after their children. Checking it again would cost a search for each history row, and would depend on whether
-- the connection that the application passes in has them switched on.

-- One row a migration; the highest version is the schema's. PRAGMA user_version belongs to the application.
CREATE TABLE evertask_migrations (
  version INTEGER PRIMARY KEY,
  applied_at_utc INTEGER NOT NULL
) STRICT;

-- One row a task; a recurring series is one row. With a rowid: payloads may be large, and a table without one keeps whole
-- rows in the inner pages of its tree. The texts that may be long stand last, so that the other columns of a row can be read
-- without following its overflow pages.
CREATE TABLE queued_tasks (
  id TEXT NOT NULL PRIMARY KEY,
  type TEXT NOT NULL,
  handler TEXT NOT NULL,
  status TEXT NOT NULL,
  audit_level INTEGER,               -- 0 Full, 1 Minimal, 2 ErrorsOnly, 3 None; NULL is Full
  queue_name TEXT NOT NULL,
  priority INTEGER NOT NULL,         -- larger runs earlier
  task_key TEXT,
  created_at_utc INTEGER NOT NULL,
  scheduled_execution_utc INTEGER,   -- what it was dispatched for; NULL: at once
  due_at_utc INTEGER,                -- set only while it can be claimed
  attempt INTEGER NOT NULL DEFAULT 0,
  lost_count INTEGER NOT NULL DEFAULT 0,
  worker_id TEXT,                    -- set only while it is claimed
  lease_token INTEGER NOT NULL DEFAULT 0,
  cancel_requested INTEGER NOT NULL DEFAULT 0,
  last_execution_utc INTEGER,        -- when its last execution ended
  execution_time_ms REAL,
  rate_slot_utc INTEGER,
  anchor_utc INTEGER,                -- this one and the next four: of recurring tasks
  max_runs INTEGER,
  run_until INTEGER,
  next_run_utc INTEGER,
  current_run_count INTEGER NOT NULL DEFAULT 0,
  trace_context TEXT,
  retry_policy TEXT,                 -- as JSON, when the dispatch gave one
  recurring_task TEXT,               -- the schedule as JSON; NULL: not recurring
  recurring_info TEXT,
  request TEXT NOT NULL,
  exception TEXT,
  -- Its place among the claimable tasks: odd for one that was dispatched for later or is recurring; see queued_tasks_due.
  claim_rank INTEGER NOT NULL GENERATED ALWAYS AS
    (priority * 2 + (scheduled_execution_utc IS NOT NULL OR recurring_task IS NOT NULL)) STORED
) STRICT;

-- What can be claimed, in the order of claiming, and nothing else: neither history nor running tasks weigh on a claim. The
-- type is in it so that tasks of types which a worker does not know are passed over without reading their rows. Of each
-- priority, tasks that were dispatched to run at once stand behind the others, so that new ones are appended to the index:
-- ahead of a hundred thousand series or delayed tasks they would go into its middle, where each page that is full is balanced
-- with its neighbours (measured: 10 to 15 % more processor time a dispatch). Claims look at both.
CREATE INDEX queued_tasks_due ON queued_tasks (queue_name, claim_rank DESC, due_at_utc, id, type)
  WHERE due_at_utc IS NOT NULL;

CREATE UNIQUE INDEX queued_tasks_task_key ON queued_tasks (task_key) WHERE task_key IS NOT NULL;

-- The claimed tasks by worker: finding the tasks of a lost worker must not cost a search through all history. It holds as
-- many entries as tasks are running.
CREATE INDEX queued_tasks_worker ON queued_tasks (worker_id) WHERE worker_id IS NOT NULL;

-- The claimed tasks that somebody asked to cancel: nearly always empty, and looked at with every heartbeat.
CREATE INDEX queued_tasks_cancel ON queued_tasks (worker_id) WHERE cancel_requested = 1;

-- History, kept together by task: one tree, one insert a row. With a rowid and an index on the task it took 40 % more room
-- and 10 % more time. The sequence gives the order of writing, which clocks do not.
CREATE TABLE status_audit (
  queued_task_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  updated_at_utc INTEGER NOT NULL,
  new_status TEXT NOT NULL,
  exception TEXT,
  PRIMARY KEY (queued_task_id, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE runs_audit (
  queued_task_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  executed_at_utc INTEGER NOT NULL,
  execution_time_ms REAL NOT NULL,
  status TEXT NOT NULL,
  exception TEXT,
  PRIMARY KEY (queued_task_id, sequence)
) STRICT, WITHOUT ROWID;

-- The lines that handlers logged, numbered from 1 within each task. The run is that of the series; 1 for a one-shot.
CREATE TABLE task_execution_log (
  task_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  logged_at_utc INTEGER NOT NULL,
  level TEXT NOT NULL,
  message TEXT NOT NULL,
  exception TEXT,
  run_number INTEGER NOT NULL,
  PRIMARY KEY (task_id, sequence)
) STRICT, WITHOUT ROWID;

-- One row a live worker process.
CREATE TABLE workers (
  id TEXT NOT NULL PRIMARY KEY,
  host TEXT NOT NULL,
  started_at_utc INTEGER NOT NULL,
  heartbeat_utc INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE paused_queues (
  queue_name TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- The state of each rate limit key: its theoretical arrival times (GCRA), of what is reserved and of what has started, in
-- milliseconds since 1970.
CREATE TABLE rate_limits (
  key TEXT NOT NULL PRIMARY KEY,
  reserved_tat_utc REAL NOT NULL,
  started_tat_utc REAL NOT NULL
) STRICT, WITHOUT ROWID;

-- One row of figures that belong to the whole store.
CREATE TABLE evertask_state (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  audit_sequence INTEGER NOT NULL DEFAULT 1,     -- the last one given out; 1 is every task's first audit row
  task_changes INTEGER NOT NULL DEFAULT 0,       -- raised when tasks became due,
  queue_changes INTEGER NOT NULL DEFAULT 0,      -- a queue was paused or resumed,
  cancel_changes INTEGER NOT NULL DEFAULT 0,     -- a cancel was requested: other processes look at these to wake up
  purging_until_utc INTEGER NOT NULL DEFAULT 0   -- a process is deleting old history until then
) STRICT;

INSERT INTO evertask_state (only_row) VALUES (1);

INSERT INTO evertask_migrations (version, applied_at_utc)
VALUES (1, unixepoch() * 1000);
`};var yu=Object.values(wu),dt=yu.length;function Iu(t,e,s){let r=gu(t);if(Ou(r,e,s),r===dt)return uf(t);t.transaction(()=>{let n=gu(t);Ou(n,e,s);for(let a of yu.slice(n))of(t,e,a)})}function of(t,e,s){try{t.exec(s)}catch(r){let[,n]=/((?:table|index) \S+) already exists/.exec(String(r))??[];if(n===void 0)throw r;let a=`${e} holds a ${n} that is not EverTask's, where it needs one of that name. Rename it, or give EverTask a file of its own.`;throw new _(a,{cause:r})}}function gu(t){if(t.get("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'evertask_migrations'")===void 0)return 0;let s=t.get("SELECT max(version) AS version FROM evertask_migrations");return Number(s?.version??0)}function Ou(t,e,s){if(t>dt)throw new X(t,dt,`The schema in ${e} has version ${t}, but this version of EverTask knows versions up to ${dt}. Update EverTask, or use another database file.`);if(t<dt&&!s)throw new X(t,dt,`The schema in ${e} has version ${t}, but version ${dt} is needed and \`migrate\` is off. Run the missing files of sql/sqlite/ in order, or open the storage once with \`migrate: true\`.`)}function uf(t){t.run("UPDATE evertask_state SET only_row = 1 WHERE 0")}var cf=1e4,df=20;async function Cu(t){let{clock:e}=t,s=e.monotonic()+cf;for(;;){try{return lf(t)}catch(r){let n=Br(r,t.path);if(!(n instanceof _&&n.transient)||e.monotonic()>=s)throw n}await new Promise(r=>e.setTimer(r,df))}}function lf(t){let e=t.database===void 0,s=t.database??Po(t.path);try{let r=new Ft(s,"own",t.clock);return e&&Ef(r,t),Iu(r,t.path,t.migrate),{database:s,connection:r,owned:e}}catch(r){throw e&&s.close(),r}}var hf={OFF:"PRAGMA synchronous = OFF",NORMAL:"PRAGMA synchronous = NORMAL",FULL:"PRAGMA synchronous = FULL",EXTRA:"PRAGMA synchronous = EXTRA"};function Ef(t,e){t.get(`PRAGMA busy_timeout = ${e.busyTimeoutMs}`),e.exclusive&&t.get("PRAGMA locking_mode = EXCLUSIVE"),t.get("PRAGMA journal_mode = WAL"),t.run(hf[e.synchronous]),t.get("PRAGMA wal_autocheckpoint = 4000"),t.get("PRAGMA journal_size_limit = 67108864")}var Qr=class{#e;#t;#s=new WeakMap;#r;#n;constructor(e,s){this.#e=e,this.#t=s}async open(){if(this.#n!==void 0)return null;this.#r??=Cu(this.#e);try{this.#n=await this.#r}finally{this.#r=void 0}return this.#n.connection}async idle(){await this.#r?.catch(()=>{})}close(){let e=this.#n;this.#n=void 0,e?.owned&&e.connection.close()}async do(e){let{connection:s}=this.#o();return this.#i(()=>e(s,this.#e.clock.now()))}async many(e,{connection:s},r){if(e.length===0)return[];if(s===void 0)return await this.do(a=>r(a,e));let n=Pr(s,"connection");return await this.#i(()=>{let a=this.#a(n,s);try{return r(a,e)}finally{this.#t(n)}})}#a(e,s){let r=this.#o(),n=this.#s.get(e);if(n===void 0){if(n=new Ft(e,"joined",this.#e.clock),e!==r.database){let[a,i]=[xu(r.connection),xu(n)];if(i!==a||a==="")throw new h("connection",s,`be a connection to the storage's own database, ${a||this.#e.path}, but it is one to ${i||"another database in memory"}`)}this.#s.set(e,n)}return n}#o(){if(this.#n!==void 0)return this.#n;throw new we(`The storage on ${this.#e.path} is not open: call \`open\` first, and nothing after \`close\`.`)}async#i(e){try{return await e()}catch(s){throw Br(s,this.#e.path)}}};function xu(t){let e=t.all("PRAGMA database_list");return String(e.find(s=>s.name==="main")?.file??"")}var ff="SELECT 1 FROM queued_tasks WHERE id = ?",mf="SELECT max(sequence) AS sequence FROM task_execution_log WHERE task_id = ?",Tf="INSERT INTO task_execution_log (task_id, sequence, logged_at_utc, level, message, exception, run_number) VALUES (?, ?, ?, ?, ?, ?, ?)",pf="SELECT count(*) FILTER (WHERE run_number = ?) AS lines FROM (SELECT run_number FROM task_execution_log WHERE task_id = ? ORDER BY sequence DESC LIMIT ?)";function Du(t,e){t.transaction(s=>{let r=new Map;for(let{taskId:n,level:a,message:i,exception:o,run:u,agoMs:c}of e){let d=r.get(n);if(d===void 0&&(d=t.get(ff,n)===void 0?null:Number(t.get(mf,n)?.sequence??0)),d!==null){let l=Math.round(s-c);t.run(Tf,n,++d,l,a,i,o,u)}r.set(n,d)}})}function Uu(t,e,s,r){return t.get(pf,s,e,r).lines}var Nf="UPDATE queued_tasks SET recurring_task = ?, recurring_info = ?, max_runs = ?, run_until = ?, anchor_utc = ?, next_run_utc = ?, current_run_count = ? WHERE id = ?";function Yr(t,e,s,r){t.run(Nf,s.schedule,s.info,s.maxRuns,s.runUntil,s.anchorAt,s.nextRunAt,r,e)}var fa=13,bu=new ve({text:t=>"INSERT INTO queued_tasks (created_at_utc, type, handler, status, audit_level, queue_name, priority, task_key, scheduled_execution_utc, due_at_utc, retry_policy, worker_id, attempt, lease_token, id, request, trace_context) VALUES "+t.map(e=>`(${ks(1,fa)}, ?${fa}, ${ks(e,3)})`).join(", "),columns:3,shared:fa}),kf="SELECT lease_token, worker_id FROM queued_tasks WHERE id = ?",Kr=class{#e;#t;#s;#r;#n=new Ut(e=>this.#i(e));#a=0;#o=!1;constructor(e,s,r){this.#e=e,this.#t=s,this.#s=new ma(e),this.#r=r}add(e){let s=this.#s.ownerOf(e),r=this.#n.find(n=>n.owner===s&&Lf(n.tasks[0],e))??this.#n.open(Mu(e,s,this.#t));vu(r,e,this.#r.length),this.#r.push({id:e.id,outcome:"created",claimed:s!==null}),this.#n.added(r)}flush(){this.#n.flush()}finish(){this.flush(),this.#o&&zo(this.#e,this.#a)}#i({owner:e,tasks:s,places:r,parameters:n}){try{bu.run(this.#e,n)}catch(a){if(!_f(a))throw a;if(s.length===1)return this.#c(s[0],r[0],a);s.forEach((i,o)=>{let u=Mu(i,e,this.#t);vu(u,i,r[o]),this.#i(u)});return}this.#a+=s.length,this.#o||=jo(s[0].auditLevel);for(let{id:a,series:i}of s)i!==null&&Yr(this.#e,a,i,0)}#c({id:e,claimFor:s},r,n){let a=this.#e.get(kf,e);if(a===void 0)throw n;let i=s!==null&&a.worker_id===s&&a.lease_token===1;this.#r[r]={id:e,outcome:"created",claimed:i}}};function Mu(t,e,s){let r=Sf(t,e,s);return{statement:bu,owner:e,tasks:[],places:[],parameters:r}}function vu({tasks:t,places:e,parameters:s},r,n){t.push(r),e.push(n),s.push(r.id,r.request,r.traceContext)}function Lf(t,e){return t.type===e.type&&t.queue===e.queue&&t.status===e.status&&t.auditLevel===e.auditLevel&&t.priority===e.priority&&t.handler===e.handler&&t.taskKey===null&&e.taskKey===null&&t.retryPolicy===e.retryPolicy&&Af(t.due,e.due)}function Af(t,e){return"at"in t?"at"in e&&t.at===e.at:"inMs"in e&&t.inMs===e.inMs}function Sf(t,e,s){let r=Ta(t,s);return[s,t.type,t.handler,t.status,M(t.auditLevel),t.queue,t.priority,t.taskKey,pa(t,r),e===null?r:null,t.retryPolicy,e,e===null?0:1]}function Ta({due:t},e){return Math.round("at"in t?t.at:e+t.inMs)}function pa({status:t},e){return t==="WaitingQueue"?e:null}function _f(t){return t instanceof Error&&t.message.includes("UNIQUE constraint failed: queued_tasks")}var ma=class{#e;#t=new Map;#s;constructor(e){this.#e=e}ownerOf({claimFor:e,status:s,queue:r}){if(e===null||s!=="Queued")return null;let n=this.#t.get(e);if(n===void 0){let a=this.#e.get("SELECT 1 FROM workers WHERE id = ?",e);this.#t.set(e,n=a!==void 0)}return this.#s??=be(this.#e),n&&!this.#s.has(r)?e:null}};function Fu(t,e){return t.transaction(s=>{let r=[],n=new Kr(t,s,r);for(let a of e){if(a.taskKey===null){n.add(a);continue}n.flush();let i=Of(t,s,a);i===null?n.add(a):r.push(i)}return n.finish(),r.some(({claimed:a})=>!a)&&Y(t,"task_changes"),r})}var Rf="SELECT 1 FROM queued_tasks WHERE id = ?",wf="SELECT id, status, worker_id, due_at_utc, next_run_utc, anchor_utc, current_run_count, recurring_task IS NOT NULL AS recurring, recurring_task = ? AS same_schedule FROM queued_tasks WHERE task_key = ?",gf="UPDATE queued_tasks SET task_key = NULL WHERE id = ?";function Of(t,e,s){let r=t.get(wf,s.series?.schedule??null,s.taskKey);if(r===void 0||t.get(Rf,s.id)!==void 0)return null;let n=r.id,a=yf(r,s);switch(a){case"leave":return{id:n,outcome:"existing",claimed:!1};case"replace":return t.run(gf,n),null;default:return xf(t,e,s,r,a),{id:n,outcome:"updated",claimed:!1}}}function yf(t,e){return t.worker_id!==null||t.status==="InProgress"?"leave":t.recurring===1?e.series===null?"leave":t.next_run_utc===null?"revive":t.same_schedule===1?"refresh":"reschedule":t.due_at_utc!==null||["WaitingQueue","Queued","Pending"].includes(t.status)?"reschedule":"replace"}var If="UPDATE queued_tasks SET type = ?, handler = ?, request = ?, queue_name = ?, priority = ?, audit_level = ?, trace_context = ?, retry_policy = ?, exception = NULL, cancel_requested = 0 WHERE id = ?",Cf="UPDATE queued_tasks SET status = ?, scheduled_execution_utc = ?, due_at_utc = ?, attempt = 0, lost_count = 0, rate_slot_utc = NULL WHERE id = ?";function xf(t,e,s,r,n){let a=r.id;t.run(If,s.type,s.handler,s.request,s.queue,s.priority,M(s.auditLevel),s.traceContext,s.retryPolicy,a);let{series:i}=s;if(i!==null){let c=n==="refresh"?r.anchor_utc:i.anchorAt,d=n==="refresh"?r.next_run_utc:i.nextRunAt,l=n==="revive"?0:r.current_run_count;Yr(t,a,{...i,anchorAt:c,nextRunAt:d},l)}if(n==="refresh")return;let o=Ta(s,e);if(t.run(Cf,s.status,pa(s,o),o,a),s.status===r.status)return;let u=new K(t,e,1);u.addSteps(a,s.auditLevel,[{status:s.status,exception:null,agoMs:0}]),u.flush()}var Df="SELECT count(*) AS count FROM workers",Uf="UPDATE workers SET heartbeat_utc = max(heartbeat_utc, ?) WHERE id = ?",jr=class{#e;#t;constructor(e){this.#e=e}answer(e,s){if(this.#t?.workerId===e)return this.#t.beatAt=s,{...this.#t.answer,now:s}}note(e,s,r){let{alive:n,cancelRequests:a,othersLost:i,now:o}=r;return this.#e&&n&&!i&&a.length===0&&e.get(Df).count===1&&(this.#t={workerId:s,answer:r,beatAt:o}),r}end(e){if(this.#t===void 0)return;let{workerId:s,beatAt:r}=this.#t;e.transaction(()=>e.run(Uf,r,s)),this.#t=void 0}forget(){this.#t=void 0}};var Mf="SELECT reserved_tat_utc, started_tat_utc FROM rate_limits WHERE key = ?",vf="INSERT INTO rate_limits (key, reserved_tat_utc, started_tat_utc) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET reserved_tat_utc = excluded.reserved_tat_utc, started_tat_utc = excluded.started_tat_utc";function qu(t,e){return t.transaction(s=>({now:s,slots:e.map(r=>bf(t,s,r))}))}function bf(t,e,s){let r=Ff(t,s.key),{slotAt:n,granted:a,budget:i}=Rr(r,e,s);return i!==null&&i!==r&&t.run(vf,s.key,i.reservedTat,i.startedTat),{slotAt:n,granted:a}}function Ff(t,e){let s=t.get(Mf,e);return s===void 0?null:{reservedTat:s.reserved_tat_utc,startedTat:s.started_tat_utc}}function Wu(t,e){let s=t.get(`SELECT ${vt} FROM queued_tasks WHERE id = ?`,e);return s===void 0?null:bt(s)}function Hu(t,e){let s=t.get(`SELECT ${vt} FROM queued_tasks WHERE task_key = ?`,e);return s===void 0?null:bt(s)}function Pu(t,e={},s){let r=Ue(s),n=[],a=[],i=(d,...l)=>{n.push(d),a.push(...l)},o=(d,l)=>{l!==void 0&&i(`${d} IN (${l.map(()=>"?").join(", ")})`,...l)};o("status",e.statuses),o("type",e.types),o("queue_name",e.queues),e.recurring!==void 0&&i(`recurring_task IS ${e.recurring?"NOT NULL":"NULL"}`),e.createdFrom!==void 0&&i("created_at_utc >= ?",e.createdFrom),e.createdBefore!==void 0&&i("created_at_utc < ?",e.createdBefore);let u=Dt(s);u!==void 0&&i("id < ?",u);let c=t.all(`SELECT ${vt} FROM queued_tasks `+(n.length===0?"":`WHERE ${n.join(" AND ")} `)+"ORDER BY id DESC LIMIT ?",...a,r+1);return Me(c,r,bt,d=>d.id)}function $u(t,e,s){let r=`SELECT ${du} FROM status_audit WHERE queued_task_id = ? AND sequence > ? ORDER BY sequence LIMIT ?`;return Na(t,r,e,s,mu)}function Gu(t,e,s){let r=`SELECT ${lu} FROM runs_audit WHERE queued_task_id = ? AND sequence > ? ORDER BY sequence LIMIT ?`;return Na(t,r,e,s,Tu)}function Bu(t,e,s){let r=`SELECT ${hu} FROM task_execution_log WHERE task_id = ? AND sequence > ? ORDER BY sequence LIMIT ?`;return Na(t,r,e,s,pu)}function Na(t,e,s,r,n){let a=Ue(r),i=t.all(e,s,xt(r),a+1);return Me(i,a,n,o=>String(o.sequence))}var Ku=864e5,qf=2e3,ju=3e4,Wf=Ku,zu="updated_at_utc < iif(exception IS NULL, ?1, ?2)",Xu="executed_at_utc < iif(exception IS NULL, ?3, ?4)",Vu="(logged_at_utc < ?5 OR sequence <= (SELECT max(newest.sequence) FROM task_execution_log AS newest WHERE newest.task_id = task_execution_log.task_id) - ?6)";function Qu(t){let e=(s,r,n)=>`NOT EXISTS (SELECT 1 FROM ${s} WHERE ${r} = queued_tasks.id${t(n)})`;return["recurring_task IS NULL AND status IN ('Completed', 'Cancelled')","worker_id IS NULL AND due_at_utc IS NULL","coalesce(last_execution_utc, created_at_utc) < ?7",e("status_audit","queued_task_id",zu),e("runs_audit","queued_task_id",Xu),e("task_execution_log","task_id",Vu)].join(" AND ")}var Yu=[ka("statusAudit","status_audit","queued_task_id",zu),ka("runsAudit","runs_audit","queued_task_id",Xu),ka("executionLog","task_execution_log","task_id",Vu),{counts:"tasks",table:"queued_tasks",key:["rowid"],start:[-1],mayGo:Qu(()=>""),wouldGo:Qu(t=>` AND (${t}) IS NOT TRUE`)}];function ka(t,e,s,r){return{counts:t,table:e,key:[s,"sequence"],start:["",0],mayGo:r,wouldGo:r}}var zr=class{#e;async purge(e,s,r,{budget:n,dryRun:a=!1}){let i={statusAudit:0,runsAudit:0,executionLog:0,tasks:0};if(!a&&!Pf(e))return{...i,done:!1,busy:!0};let o=JSON.stringify(r),u=a||this.#e?.policy!==o?void 0:this.#e;this.#e=void 0;let c=$f(r,s),d=a?1/0:n;try{for(let l=u?.walk??0;l<Yu.length;l++){let E=Yu[l],f=l===u?.walk?u.key:E.start;for(;f!==void 0;){if(d<=0)return this.#e={policy:o,walk:l,key:f},{...i,done:!1,busy:!1};let m=Math.min(qf,d),T=a?Bf(e,E,c,f,m):Gf(e,E,c,f,m);i[E.counts]+=T.rows,d-=T.rows,f=T.next,await Hf()}}return{...i,done:!0,busy:!1}}finally{a||e.transaction(()=>e.run(La,0))}}};function Hf(){return new Promise(t=>void Q.setTimer(t,0))}var La="UPDATE evertask_state SET purging_until_utc = ?";function Pf(t){return t.transaction(e=>{let s=t.run(`${La} WHERE purging_until_utc <= ?`,e+ju,e)>0;return s&&t.run("DELETE FROM rate_limits WHERE max(reserved_tat_utc, started_tat_utc) < ?",e-Wf),s})}function $f(t,e){let s=o=>(o??0)>0?o:null,r=o=>o===null?null:Math.round(e-o*Ku),n=s(t.statusAuditDays),a=s(t.runsAuditDays),i=s(t.errorAuditDays);return[r(n),r(i??n),r(a),r(i??a),r(s(t.executionLogDays)),s(t.maxExecutionLogsPerTask),t.deleteCompletedTasksAfterRetention?r(n):null]}function Gf(t,e,s,r,n){return t.transaction(a=>{t.run(La,a+ju);let i=Ju(t,e,r,n),o=`DELETE FROM ${e.table} WHERE ${Zu(e,i)} AND ${e.mayGo}`;return{rows:t.run(o,...s,...r,...i??[]),next:i}})}function Bf(t,e,s,r,n){let a=Ju(t,e,r,n),i=`SELECT count(*) AS total FROM ${e.table} WHERE ${Zu(e,a)} AND ${e.wouldGo}`;return{rows:t.get(i,...s,...r,...a??[]).total,next:a}}function Ju(t,{table:e,key:s},r,n){let a=s.join(", "),i=s.map(()=>"?").join(", "),o=t.get(`SELECT ${a} FROM ${e} WHERE (${a}) > (${i}) ORDER BY ${a} LIMIT 1 OFFSET ?`,...r,n-1);return o&&s.map(u=>o[u])}function Zu({key:t},e){let s=t.join(", "),r=a=>t.map((i,o)=>`?${a+o}`).join(", "),n=`(${s}) > (${r(8)})`;return e===void 0?n:`${n} AND (${s}) <= (${r(8+t.length)})`}var Aa=5e3,Qf="SELECT CAST(queue_name AS BLOB) AS queue, count(*) FILTER (WHERE due_at_utc <= ?1) AS due, count(*) FILTER (WHERE due_at_utc > ?1) AS scheduled, min(due_at_utc) FILTER (WHERE due_at_utc <= ?1) AS oldest FROM queued_tasks WHERE due_at_utc IS NOT NULL GROUP BY queue_name",Yf="SELECT CAST(queue_name AS BLOB) AS queue, count(*) AS claimed FROM queued_tasks WHERE worker_id IS NOT NULL GROUP BY queue_name",Kf="SELECT max(rowid) AS last FROM queued_tasks",jf="SELECT status, count(*) AS tasks FROM queued_tasks WHERE rowid > ?1 AND rowid <= ?2 GROUP BY status";function ec(t,e){return{now:e,queues:[...sc(t,e).values()]}}async function tc(t){let s=Object.fromEntries(De.map(n=>[n,0])),r=await t.do(n=>Number(n.get(Kf)?.last??0));for(let n=0;n<r;n+=Aa){n>0&&await new Promise(_e);let a=n+Aa;for(let i of await t.do(o=>o.all(jf,n,a)))s[i.status]+=i.tasks}return await t.do((n,a)=>({now:a,tasksByStatus:s,queues:zf(n,a)}))}function zf(t,e){let s=sc(t,e),r=new Map;for(let n of t.all(Yf))r.set(nc(n.queue),n.claimed);return[...new Set([...s.keys(),...r.keys()])].sort().map(n=>({...s.get(n)??rc(n,!1),claimed:r.get(n)??0}))}function sc(t,e){let s=new Map;for(let r of be(t))s.set(r,rc(r,!0));for(let r of t.all(Qf,e)){let n=nc(r.queue);s.set(n,{queue:n,paused:s.has(n),due:r.due,scheduled:r.scheduled,oldestDueAt:r.oldest})}return s}function rc(t,e){return{queue:t,paused:e,due:0,scheduled:0,oldestDueAt:null}}function nc(t){return new TextDecoder("utf-8",{ignoreBOM:!0}).decode(t)}var Xf=[["StatusAudit","status_audit","queued_task_id","updated_at_utc"],["RunsAudit","runs_audit","queued_task_id","executed_at_utc"],["TaskExecutionLog","task_execution_log","task_id","logged_at_utc"]],Vf=Xf.map(([t,e,s,r])=>{let n=`FROM ${e} WHERE (${s}, sequence) > (?1, ?2)`,a=`SELECT count(*) AS total, min(${r}) AS first, max(${r}) AS last ${n}`;return{table:t,sliceEnd:`SELECT ${s} AS task, sequence ${n} ORDER BY ${s}, sequence LIMIT 1 OFFSET ${Aa-1}`,slice:`${a} AND (${s}, sequence) <= (?3, ?4)`,rest:a}}),Jf=864e5;async function ac(t){let e=[];for(let s of Vf)e.push(await Zf(t,s));return e}async function Zf(t,e){let s=0,r=null,n=null,a=["",0];for(;a!==null;){let u=a,c=await t.do(d=>em(d,e,u));s+=c.rows,c.firstAt!==null&&(r=Math.min(r??1/0,c.firstAt)),c.lastAt!==null&&(n=Math.max(n??-1/0,c.lastAt)),a=c.end,a!==null&&await new Promise(_e)}let{table:i}=e,o=Math.floor(((n??0)-(r??0))/Jf);return{table:i,rows:s,firstAt:r,lastAt:n,averageRowsPerDay:o<1?null:s/o}}function em(t,e,s){let r=t.get(e.sliceEnd,...s),n=r===void 0?null:[r.task,r.sequence],a=n===null?t.get(e.rest,...s):t.get(e.slice,...s,...n);return{rows:a.total,firstAt:a.first,lastAt:a.last,end:n}}var ic="SELECT status, audit_level, worker_id, due_at_utc, next_run_utc, recurring_task IS NOT NULL AS recurring FROM queued_tasks WHERE id = ?",tm="UPDATE queued_tasks SET cancel_requested = 1 WHERE id = ?",sm="UPDATE queued_tasks SET status = 'Cancelled', exception = NULL, due_at_utc = NULL, next_run_utc = NULL, rate_slot_utc = NULL, cancel_requested = 0 WHERE id = ?";function oc(t,e){return t.transaction(s=>{let r=new K(t,s,e.length),n=e.map(a=>rm(t,r,a));return r.flush(),n.includes("requested")&&Y(t,"cancel_changes"),n})}function rm(t,e,s){let r=t.get(ic,s);return r===void 0?"unknown":r.worker_id!==null?(t.run(tm,s),"requested"):uc(r)?"ended":(t.run(sm,s),hc(e,s,r,"Cancelled"),"cancelled")}function uc(t){return t.due_at_utc!==null||t.next_run_utc!==null?!1:["Completed","Failed","Cancelled","ServiceStopped"].includes(t.status)}var nm="UPDATE queued_tasks SET worker_id = NULL, attempt = max(attempt - 1, 0), due_at_utc = iif(cancel_requested = 1, min(?1, ?2), ?2) WHERE id = ?3 AND worker_id = ?4 AND lease_token = ?5";function cc(t,e,s){t.transaction(r=>{for(let{taskId:n,token:a,dueAt:i}of s)t.run(nm,r,i,n,e,a);Y(t,"task_changes")})}var am="UPDATE queued_tasks SET worker_id = NULL, attempt = max(attempt - 1, 0), due_at_utc = ?1 WHERE worker_id = ?2 AND id NOT IN (SELECT value FROM json_each(?3))";function dc(t,e,s){return t.transaction(r=>{let n=t.run(am,r,e,JSON.stringify(s));return Y(t,"task_changes"),n})}var im="UPDATE queued_tasks SET due_at_utc = min(coalesce(due_at_utc, ?1), ?1) WHERE id = ?2",om="UPDATE queued_tasks SET status = 'Queued', exception = NULL, attempt = 0, lost_count = 0, cancel_requested = 0, rate_slot_utc = NULL, due_at_utc = ? WHERE id = ?";function lc(t,e){return t.transaction(s=>{let r=new K(t,s,e.length),n=e.map(a=>um(t,s,r,a));return r.flush(),n.includes(!0)&&Y(t,"task_changes"),n})}function um(t,e,s,r){let n=t.get(ic,r);return n===void 0||n.worker_id!==null||n.status==="InProgress"?!1:uc(n)?n.recurring===1||n.status==="Completed"?!1:(t.run(om,e,r),hc(s,r,n,"Queued"),!0):(t.run(im,e,r),!0)}function hc(t,e,s,r){let n=J(s.audit_level);t.addSteps(e,n,[{status:r,exception:null,agoMs:0}])}var Ec=1e3,cm=20,dm="SELECT id FROM queued_tasks WHERE cancel_requested = 1",Xr=class{#e;#t;#s=new Set;#r=new Set;#n;#a;#o;#i;constructor(e,s){this.#e=e,this.#t=s}start(e){this.#n=e,this.#a=void 0,this.#c()}stop(){this.#n=void 0,this.#r.clear(),this.#o?.(),this.#o=void 0,this.#i?.(),this.#i=void 0}add(e){let s=r=>e(r);return this.#s.add(s),this.#c(),()=>{this.#s.delete(s),!(this.#s.size>0)&&(this.#o?.(),this.#o=void 0)}}awaitEnd(e){this.#s.size!==0&&(this.#r.add(e),this.#u())}#c(){if(this.#t||this.#o||!this.#n||this.#s.size===0)return;this.#a??=this.#d();let e=()=>{this.#o=this.#e.setTimer(e,Ec,{unref:!0}),this.#E()};this.#o=this.#e.setTimer(e,Ec,{unref:!0})}#u(){this.#i||this.#r.size===0||(this.#i=this.#e.setTimer(()=>{this.#i=void 0;for(let e of this.#r)lm(e)&&(this.#r.delete(e),this.#h({kind:"tasks"}));this.#u()},cm,{unref:!0}))}#d(){let e=this.#n;try{let s=e.get("PRAGMA data_version").data_version,r=s===this.#a?.version?this.#a.changes:Qo(e);return{version:s,changes:r}}catch{return}}#E(){let e=this.#a,s=this.#d();if(s===void 0)return;if(this.#a=s,e===void 0)return this.#h({kind:"tasks"});if(e.version===s.version)return;let r=n=>e.changes[n]!==s.changes[n];r("cancel_changes")&&this.#l(),r("queue_changes")&&this.#h({kind:"queues"}),r("task_changes")&&this.#h({kind:"tasks"})}#l(){let e=this.#n.all(dm);this.#h({kind:"cancel",taskIds:e.map(s=>s.id)})}#h(e){for(let s of this.#s)s(e)}};function lm(t){try{return!t.inTransaction}catch{return!0}}var hm="INSERT INTO workers (id, host, started_at_utc, heartbeat_utc) VALUES (?1, ?2, ?3, ?3) ON CONFLICT (id) DO UPDATE SET heartbeat_utc = excluded.heartbeat_utc";function fc(t,e){t.transaction(s=>t.run(hm,e.id,e.host,s))}function mc(t,e){t.transaction(()=>t.run("DELETE FROM workers WHERE id = ?",e))}function Tc(t){return t.all(`SELECT ${Eu} FROM workers ORDER BY started_at_utc, id`).map(Nu)}var pc="WITH RECURSIVE owner(id) AS (SELECT min(worker_id) FROM queued_tasks WHERE worker_id IS NOT NULL UNION ALL SELECT (SELECT min(worker_id) FROM queued_tasks WHERE worker_id > owner.id) FROM owner WHERE owner.id IS NOT NULL) SELECT id FROM owner WHERE id IS NOT NULL AND id NOT IN (SELECT id FROM workers)",Em="UPDATE workers SET heartbeat_utc = max(heartbeat_utc, ?) WHERE id = ?",fm="SELECT 1 FROM workers WHERE heartbeat_utc < ? AND id <> ?",mm="SELECT id FROM queued_tasks WHERE worker_id = ? AND cancel_requested = 1 ORDER BY id";function Nc(t,e,s){return t.transaction(r=>{let n=t.run(Em,r,e)>0,a=n?t.all(mm,e):[];return{now:r,alive:n,cancelRequests:a.map(i=>i.id),pausedQueues:[...be(t)],othersLost:t.get(fm,r-s,e)!==void 0||t.get(pc)!==void 0}})}var Tm="DELETE FROM workers WHERE heartbeat_utc < ?",pm=`SELECT ${vt} FROM queued_tasks WHERE worker_id = ? ORDER BY id`,Nm="UPDATE queued_tasks SET status = 'ServiceStopped', exception = ?, lost_count = ?, attempt = max(attempt - ?, 0), worker_id = NULL, due_at_utc = ? WHERE id = ?",km="UPDATE queued_tasks SET status = 'Failed', exception = ?, lost_count = ?, worker_id = NULL, next_run_utc = NULL, cancel_requested = 0, rate_slot_utc = NULL WHERE id = ?";function kc(t,e){return t.transaction(s=>{t.run(Tm,s-e.leaseMs);let r=t.all(pc).flatMap(i=>t.all(pm,i.id));if(r.length===0)return[];let n=new K(t,s,r.length),a=r.map(i=>Lm(t,s,n,i,e));return n.flush(),Y(t,"task_changes"),a})}function Lm(t,e,s,r,{poisonLimit:n,poisonReason:a,lostReason:i}){let{id:o,type:u,queue:c,lostCount:d,workerId:l,status:E}=bt(r),f=E==="InProgress",m=f||d===0?d+1:d,T=f&&m>n,S=T?"Failed":"ServiceStopped",N=T?a:i;T?t.run(km,N,m,o):t.run(Nm,N,m,m===d?1:0,e,o);let p=J(r.audit_level);return s.addSteps(o,p,[{status:S,exception:N,agoMs:0}]),{taskId:o,type:u,queue:c,workerId:l,lostCount:m,poisoned:T}}var Vr=class{name="sqlite";polling;#e;#t;#s;#r;#n=new zr;constructor(e){this.#e=e;let s=e.exclusive||e.path===":memory:";this.polling={busyMs:s?1/0:1e3,idleMs:1/0},this.#s=new Xr(e.clock,s),this.#r=new jr(s),this.#t=new Qr(e,r=>this.#s.awaitEnd(r))}async open(){let e=await this.#t.open();return e!==null&&this.#s.start(e),{now:this.#e.clock.now()}}async close(){await this.#t.idle(),this.#s.stop(),this.#r.forget(),this.#t.close()}persist(e,s={}){return this.#t.many(e,s,Fu)}async claim(e){return await this.#t.do(s=>Au(s,e))}setStatus(...e){return gt(this,...e)}setStatusMany(e,s={}){return this.#t.many(e,s,nu)}updateCurrentRun(...e){return Ot(this,...e)}updateCurrentRunMany(e,s={}){return this.#t.many(e,s,au)}requestCancel(e){return this.#t.many(e,{},(s,r)=>(this.#r.end(s),oc(s,r)))}async release(e,s){s.length!==0&&await this.#t.do(r=>cc(r,e,s))}async releaseUnknown(e,s){return await this.#t.do(r=>dc(r,e,s))}makeDue(e){return this.#t.many(e,{},lc)}nextDueAt(e,s){return this.#t.do(r=>_u(r,e,s))}onWake(e){return this.#s.add(e)}registerWorker(e){return this.#a(s=>fc(s,e))}heartbeat(e,s){return this.#t.do((r,n)=>this.#r.answer(e,n)??this.#r.note(r,e,Nc(r,e,s)))}unregisterWorker(e){return this.#a(s=>mc(s,e))}releaseLost(e){return this.#a(s=>kc(s,e))}setQueuePaused(e,s){return this.#a(r=>ou(r,e,s))}takeRateSlots(e){return this.#t.do(s=>qu(s,e))}get(e){return this.#t.do(s=>Wu(s,e))}getByTaskKey(e){return this.#t.do(s=>Hu(s,e))}list(e,s){return this.#t.do(r=>Pu(r,e,s))}statusAudit(e,s){return this.#t.do(r=>$u(r,e,s))}runsAudit(e,s){return this.#t.do(r=>Gu(r,e,s))}executionLogs(e,s){return this.#t.do(r=>Bu(r,e,s))}countExecutionLogs(e,s,r){return this.#t.do(n=>Uu(n,e,s,r))}workers(){return this.#a(e=>Tc(e))}backlog(){return this.#t.do(ec)}statistics(){return tc(this.#t)}auditGrowth(){return ac(this.#t)}async saveExecutionLogs(e){e.length!==0&&await this.#t.do(s=>Du(s,e))}async purge(e,s){return await this.#t.do((r,n)=>this.#n.purge(r,n,e,s))}#a(e){return this.#t.do((s,r)=>(this.#r.end(s),e(s,r)))}};function Am(t){return new Vr(Go(t))}import Sm from"mssql";var w=Sm;function le(t,e){return{tableType:t,rows:e}}function qt(t){return"rows"in t}function Lc(t,e,s){for(let[r,n]of Object.entries(e))qt(n)?t.input(r,_m(n,s)):t.input(r,n.type,n.value)}function _m({tableType:t,rows:e},s){let r=new w.Table(`[${s}].[${t.name}]`),n=Object.keys(t.columns);for(let a of n)r.columns.add(a,t.columns[a](),{});for(let a of e)r.rows.push(n.map(i=>a[i]));return r}function Wt(t){return{type:w.NVarChar(w.MAX),value:t}}function ee(t,e){return{type:w.NVarChar(e),value:t}}function je(t){return{type:w.UniqueIdentifier(),value:t}}function he(t){return{type:w.Int(),value:t}}function te(t){return{type:w.BigInt(),value:t}}function ze(t){return{type:w.Float(),value:t}}function Ne(t){return{type:w.Bit(),value:t}}function Ht(t){return{type:w.DateTimeOffset(3),value:t}}function Ac(t){let e=t;if(typeof e?.request=="function"&&typeof e.commit=="function")return e;throw new h("connection",t,"be a Transaction of mssql that has begun")}function Sc(t){return t.transaction.bind(t)({requestTimeout:0})}var _c=2e3;function wc({parameters:t}){return Object.values(t).some(qt)}async function gc(t,e,s){let r=Rc(t,e);return r!==null?await r:await s(async n=>{let a=async i=>{let o=Rc(i,n);if(o!==null)return await o;let[u,c]=Rm(i),d=[await a(u),await a(c)];return d[0].map((l,E)=>[...l,...d[1][E]])};return await a(t)})}function Rc(t,e){let{procedure:s,schema:r,parameters:n}=t,a=e.request(),i=new Map,o=(l,E)=>{if(E==null)return"NULL";if(typeof E=="number")return String(E);if(typeof E=="boolean")return E?"1":"0";let f=`${typeof E}:${E}`,m=i.get(f);return m===void 0&&(m=`V${i.size}`,i.set(f,m),i.size<=_c&&a.input(m,l(),E)),`@${m}`},u=[],c=[];for(let[l,E]of Object.entries(n)){if(c.push(`@${l} = @${l}`),!qt(E)){a.input(l,E.type,E.value);continue}let{tableType:{name:f,columns:m},rows:T}=E;if(u.push(`DECLARE @${l} [${r}].[${f}];`),T.length===0)continue;let S=T.map(p=>`(${Object.entries(m).map(([x,Le])=>o(Le,p[x])).join(", ")})`),N=Object.keys(m).map(p=>`[${p}]`).join(", ");u.push(`INSERT INTO @${l} (${N}) VALUES ${S.join(`,
`)};`)}if(i.size>_c)return null;let d=`${u.join(`
`)}
EXEC [${r}].[${s}] ${c.join(", ")};`;return a.query(d).then(({recordsets:l})=>l)}function Rm(t){let e=Object.values(t.parameters).filter(qt).flatMap(({rows:a})=>a.map(({Ordinal:i})=>i)),s=[...new Set(e)].sort((a,i)=>a-i),r=s[s.length>>1],n=a=>({...t,parameters:Object.fromEntries(Object.entries(t.parameters).map(([i,o])=>[i,qt(o)?wm(o,a):o]))});return[n(a=>a<r),n(a=>a>=r)]}function wm(t,e){return{...t,rows:t.rows.filter(({Ordinal:s})=>e(s))}}var Jr="(not shown)",Oc=["encrypt","trustServerCertificate"];function lt(t){return typeof t=="object"&&"request"in t&&typeof t.request=="function"}var yc=8e3,gm=2e3;function Sa(t){let e=typeof t=="string"?Om(t):t;if(typeof e.server!="string"||e.server==="")throw new h("connection",Jr,"name a server");let s="encrypt"in e?{}:{encrypt:!0};return{validateConnection:"socket",..."timeout"in e?{}:{requestTimeout:yc},connectionTimeout:yc,...e,options:{...s,appName:"EverTask",cancelTimeout:gm,...e.options,useUTC:!0}}}function Om(t){if(!/^(mssql|sqlserver):\/\//i.test(t))try{return w.ConnectionPool.parseConnectionString(t)}catch(n){throw new h("connection",Jr,`be a URL or an ADO.NET string: ${n}`)}let e=URL.parse(t);if(e===null||e.hash!==""){let n="be a valid URL, with # / ? and @ in the password percent-encoded";throw new h("connection",Jr,n)}let{searchParams:s}=e;for(let n of s.keys()){if(Oc.includes(n))continue;let a=`be left out: a URL has only ${Oc.join(", ")}`;throw new h(`connection's ${n}`,Jr,a)}let r=(n,a)=>{let i=s.get(n);if(i===null)return a;if(/^(true|false)$/i.test(i))return i.toLowerCase()==="true";throw new h(`connection's ${n}`,i,"be true or false")};return{server:decodeURIComponent(e.hostname.replace(/^\[(.*)\]$/,"$1")),...e.port===""?{}:{port:Number(e.port)},...e.username===""?{}:{user:decodeURIComponent(e.username)},...e.password===""?{}:{password:decodeURIComponent(e.password)},...e.pathname.length<2?{}:{database:decodeURIComponent(e.pathname.slice(1))},options:{encrypt:r("encrypt",!0),trustServerCertificate:r("trustServerCertificate",!1)}}}var ym=new Set([-2,1205,1222,3960,3961,2601,2627,596,6005,6006,17142,17147,17187,18401,701,802,8628,8645,8651,615,913,921,922,924,926,927,945,976,978,979,982,983,4060,4221,10053,10054,10060,10061,10928,10929,11001,233,64,20,40143,40166,40197,40501,40540,40613,42108,42109,49918,49919,49920]),Im=new Set([1101,1105,9002,40544]),Cm=new Set([3906,3908,229,230,262]),xm=new Set([207,208,2812]),Ic=new Set(["ETIMEOUT","ESOCKET","ECONNCLOSED","ECANCEL","EABORT","ENOTOPEN","ECLOSE","EINSTLOOKUP","ECONNRESET","ECONNREFUSED","EPIPE","EHOSTUNREACH","ENETUNREACH","ENOTFOUND","EAI_AGAIN"]),Dm=new Set([2601,2627]);function Cc(t){let e=xc(t);return e!==void 0&&Dm.has(e)}function Pt(t){if(t instanceof A)return t;let e=xc(t),s=Um(t),r=`SQL Server: ${Mm(t)}${e===void 0?"":` (error ${e})`}`,n={cause:t};if(e!==void 0){if(Im.has(e))return new Re(r,n);if(Cm.has(e))return new oe(r,n);if(ym.has(e))return new y(r,n);if(xm.has(e)){let a="Open the storage with `migrate` on, or run the files of sql/sqlserver/.";return new _(`${r} ${a}`,n)}}return e!==18456&&(vm(t)||s!==void 0&&Ic.has(s))?new y(r,n):new _(r,n)}function xc(t){for(let e of Dc(t))if(typeof e.number=="number")return e.number}function Um(t){let e=Dc(t).map(s=>s.code).filter(s=>typeof s=="string");return e.find(s=>Ic.has(s))??e[0]}function Mm(t){return t instanceof Error?t.message:String(t)}function vm(t){return t instanceof Error&&t.message.startsWith("Failed to acquire a connection from the pool")}function Dc(t){let e=[],s=[t];for(;s.length>0&&e.length<20;){let r=s.shift();if(typeof r!="object"||r===null||e.includes(r))continue;let{originalError:n,cause:a,errors:i}=r;e.push(r),s.push(n,a,...Array.isArray(i)?i:[])}return e}var _a={"0001_tables.sql":`-- The tables, where they do not exist yet. Names of tables and columns are upstream's, so that SQL written for
-- upstream's schema keeps working; the columns after "ours" come on top. README.md explains keys, types and options.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO

IF NOT EXISTS (SELECT 1 FROM sys.schemas WHERE QUOTENAME(name) = N'[EverTask]')
    EXEC (N'CREATE SCHEMA [EverTask]');
GO

-- Which of the numbered files have been applied. The procedures belong to the newest.
IF OBJECT_ID(N'[EverTask].[SchemaVersions]') IS NULL
    CREATE TABLE [EverTask].[SchemaVersions] (
        [Version]      int               NOT NULL CONSTRAINT [PK_SchemaVersions] PRIMARY KEY,
        [AppliedAtUtc] datetimeoffset(3) NOT NULL
    );
GO

-- One row a task; a recurring series is one row.
IF OBJECT_ID(N'[EverTask].[QueuedTasks]') IS NULL
    CREATE TABLE [EverTask].[QueuedTasks] (
        [Id]                    uniqueidentifier  NOT NULL,
        [CreatedAtUtc]          datetimeoffset    NOT NULL,
        [LastExecutionUtc]      datetimeoffset    NULL,
        [ExecutionTimeMs]       float             NOT NULL CONSTRAINT [DF_QueuedTasks_ExecutionTimeMs] DEFAULT 0,
        [ScheduledExecutionUtc] datetimeoffset    NULL,
        [Type]                  nvarchar(500)     COLLATE Latin1_General_BIN2 NOT NULL,
        [Request]               nvarchar(max)     NOT NULL,
        [Handler]               nvarchar(500)     NOT NULL,
        [Exception]             nvarchar(max)     NULL,
        [IsRecurring]           bit               NOT NULL CONSTRAINT [DF_QueuedTasks_IsRecurring] DEFAULT 0,
        [RecurringTask]         nvarchar(max)     NULL, -- the schedule as canonical JSON text
        [RecurringInfo]         nvarchar(max)     NULL, -- the schedule as a sentence
        [CurrentRunCount]       int               NULL,
        [MaxRuns]               int               NULL,
        [RunUntil]              datetimeoffset    NULL,
        [NextRunUtc]            datetimeoffset    NULL,
        [QueueName]             nvarchar(200)     COLLATE Latin1_General_BIN2 NULL, -- NULL: default
        [TaskKey]               nvarchar(200)     COLLATE Latin1_General_BIN2 NULL,
        [AuditLevel]            int               NULL, -- 0 Full, 1 Minimal, 2 ErrorsOnly, 3 None; NULL: Full
        [Status]                nvarchar(15)      NOT NULL,
        -- ours
        [Priority]              smallint          NOT NULL CONSTRAINT [DF_QueuedTasks_Priority] DEFAULT 0,
        [DueAtUtc]              datetimeoffset(3) NULL, -- when it can be claimed; NULL: claimed or ended
        [ClaimedDueUtc]         datetimeoffset(3) NULL, -- what the last claim found in DueAtUtc
        [Attempt]               int               NOT NULL CONSTRAINT [DF_QueuedTasks_Attempt] DEFAULT 0,
        [LostCount]             int               NOT NULL CONSTRAINT [DF_QueuedTasks_LostCount] DEFAULT 0,
        [WorkerId]              nvarchar(100)     COLLATE Latin1_General_BIN2 NULL,
        [LeaseToken]            bigint            NOT NULL CONSTRAINT [DF_QueuedTasks_LeaseToken] DEFAULT 0,
        [CancelRequested]       bit               NOT NULL CONSTRAINT [DF_QueuedTasks_CancelRequested] DEFAULT 0,
        [RateSlotUtc]           datetimeoffset(3) NULL,
        [AnchorUtc]             datetimeoffset(3) NULL, -- the instant on which the schedule's grid hangs
        [TraceContext]          nvarchar(max)     NULL,
        [RetryPolicy]           nvarchar(max)     NULL, -- as JSON, when the dispatch gave one
        [LastLogSequence]       int               NOT NULL CONSTRAINT [DF_QueuedTasks_LastLogSequence] DEFAULT 0,
        CONSTRAINT [PK_QueuedTasks] PRIMARY KEY NONCLUSTERED ([Id])
    );
GO

-- The id's bytes in the order in which they are written down, so that version 7 ids sort by time. Babelfish adds bytes up
-- instead of joining them; there it is the id's text.
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'IdOrder') IS NULL AND SERVERPROPERTY('Babelfish') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [IdOrder] AS CONVERT(binary(16),
        SUBSTRING(CONVERT(binary(16), [Id]), 4, 1) + SUBSTRING(CONVERT(binary(16), [Id]), 3, 1)
        + SUBSTRING(CONVERT(binary(16), [Id]), 2, 1) + SUBSTRING(CONVERT(binary(16), [Id]), 1, 1)
        + SUBSTRING(CONVERT(binary(16), [Id]), 6, 1) + SUBSTRING(CONVERT(binary(16), [Id]), 5, 1)
        + SUBSTRING(CONVERT(binary(16), [Id]), 8, 1) + SUBSTRING(CONVERT(binary(16), [Id]), 7, 1)
        + SUBSTRING(CONVERT(binary(16), [Id]), 9, 8)) PERSISTED NOT NULL;
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'IdOrder') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [IdOrder] AS CAST(CAST([Id] AS char(36)) AS binary(36)) PERSISTED NOT NULL;
GO

-- A table that was made here is clustered on it; one of upstream's, which lacks DueAtUtc as yet, keeps its key.
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'DueAtUtc') IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 1)
    ALTER TABLE [EverTask].[QueuedTasks] ADD CONSTRAINT [UQ_QueuedTasks_IdOrder] UNIQUE CLUSTERED ([IdOrder]);
GO

-- One row an audited status change.
IF OBJECT_ID(N'[EverTask].[StatusAudit]') IS NULL
    CREATE TABLE [EverTask].[StatusAudit] (
        [Id]           bigint IDENTITY(1, 1) NOT NULL CONSTRAINT [PK_StatusAudit] PRIMARY KEY CLUSTERED,
        [QueuedTaskId] uniqueidentifier      NOT NULL
            CONSTRAINT [FK_StatusAudit_QueuedTasks] REFERENCES [EverTask].[QueuedTasks] ([Id]) ON DELETE CASCADE,
        [UpdatedAtUtc] datetimeoffset        NOT NULL,
        [NewStatus]    nvarchar(15)          NOT NULL,
        [Exception]    nvarchar(max)         NULL
    );
GO

-- One row an audited run of a recurring task.
IF OBJECT_ID(N'[EverTask].[RunsAudit]') IS NULL
    CREATE TABLE [EverTask].[RunsAudit] (
        [Id]              bigint IDENTITY(1, 1) NOT NULL CONSTRAINT [PK_RunsAudit] PRIMARY KEY CLUSTERED,
        [QueuedTaskId]    uniqueidentifier      NOT NULL
            CONSTRAINT [FK_RunsAudit_QueuedTasks] REFERENCES [EverTask].[QueuedTasks] ([Id]) ON DELETE CASCADE,
        [ExecutedAt]      datetimeoffset        NOT NULL,
        [ExecutionTimeMs] float                 NOT NULL,
        [Status]          nvarchar(15)          NOT NULL,
        [Exception]       nvarchar(max)         NULL
    );
GO

-- One row a line that a handler logged.
IF OBJECT_ID(N'[EverTask].[TaskExecutionLog]') IS NULL
    CREATE TABLE [EverTask].[TaskExecutionLog] (
        [Id]               bigint IDENTITY(1, 1) NOT NULL CONSTRAINT [PK_TaskExecutionLog] PRIMARY KEY CLUSTERED,
        [TaskId]           uniqueidentifier      NOT NULL
            CONSTRAINT [FK_TaskExecutionLog_QueuedTasks] REFERENCES [EverTask].[QueuedTasks] ([Id]) ON DELETE CASCADE,
        [TimestampUtc]     datetimeoffset        NOT NULL,
        [Level]            nvarchar(20)          NOT NULL,
        [Message]          nvarchar(max)         NOT NULL,
        [ExceptionDetails] nvarchar(max)         NULL,
        [SequenceNumber]   int                   NOT NULL,
        [RunNumber]        bigint                NOT NULL
    );
GO

-- One row a live worker process. Few and small: a heartbeat touches no index but the key.
IF OBJECT_ID(N'[EverTask].[Workers]') IS NULL
    CREATE TABLE [EverTask].[Workers] (
        [Id]           nvarchar(100)     COLLATE Latin1_General_BIN2 NOT NULL CONSTRAINT [PK_Workers] PRIMARY KEY,
        [Host]         nvarchar(400)     NOT NULL,
        [StartedUtc]   datetimeoffset(3) NOT NULL,
        [HeartbeatUtc] datetimeoffset(3) NOT NULL
    );
GO

IF OBJECT_ID(N'[EverTask].[PausedQueues]') IS NULL
    CREATE TABLE [EverTask].[PausedQueues] (
        [QueueName]   nvarchar(200)     COLLATE Latin1_General_BIN2 NOT NULL CONSTRAINT [PK_PausedQueues] PRIMARY KEY,
        [PausedAtUtc] datetimeoffset(3) NOT NULL
    );
GO

-- One small row a rate limit's key: its theoretical arrival times, of what is reserved and of what has started, in fractional
-- epoch milliseconds.
IF OBJECT_ID(N'[EverTask].[RateLimits]') IS NULL
    CREATE TABLE [EverTask].[RateLimits] (
        [RateKey] nvarchar(400) COLLATE Latin1_General_BIN2 NOT NULL CONSTRAINT [PK_RateLimits] PRIMARY KEY,
        [ReservedTatMs] float   NOT NULL,
        [StartedTatMs]  float   NOT NULL
    );
GO

IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 1)
    INSERT INTO [EverTask].[SchemaVersions] ([Version], [AppliedAtUtc]) VALUES (1, SYSUTCDATETIME());
GO
`,"0002_adopt_upstream_tables.sql":`-- Brings tables that upstream created to the form that 0001 gives to new ones: adds what is missing and keeps every row.
-- Where 0001 made the tables, nothing is left to do. What stays upstream's: the key clustered on Id (README.md says
-- how to change it) and its table TaskExecutionLogs.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO

-- Columns that came with later versions of upstream.
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'ExecutionTimeMs') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [ExecutionTimeMs] float NOT NULL
        CONSTRAINT [DF_QueuedTasks_ExecutionTimeMs] DEFAULT 0;
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'RunUntil') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [RunUntil] datetimeoffset NULL;
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'AuditLevel') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [AuditLevel] int NULL;
GO
IF COL_LENGTH(N'[EverTask].[RunsAudit]', N'ExecutionTimeMs') IS NULL
    ALTER TABLE [EverTask].[RunsAudit] ADD [ExecutionTimeMs] float NOT NULL
        CONSTRAINT [DF_RunsAudit_ExecutionTimeMs] DEFAULT 0;
GO

-- Ours. Each is a change of metadata only: constants as defaults need no rewrite of the rows.
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'Priority') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [Priority] smallint NOT NULL
        CONSTRAINT [DF_QueuedTasks_Priority] DEFAULT 0;
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'ClaimedDueUtc') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [ClaimedDueUtc] datetimeoffset(3) NULL;
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'Attempt') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [Attempt] int NOT NULL
        CONSTRAINT [DF_QueuedTasks_Attempt] DEFAULT 0;
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'LostCount') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [LostCount] int NOT NULL
        CONSTRAINT [DF_QueuedTasks_LostCount] DEFAULT 0;
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'WorkerId') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [WorkerId] nvarchar(100) COLLATE Latin1_General_BIN2 NULL;
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'LeaseToken') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [LeaseToken] bigint NOT NULL
        CONSTRAINT [DF_QueuedTasks_LeaseToken] DEFAULT 0;
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'CancelRequested') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [CancelRequested] bit NOT NULL
        CONSTRAINT [DF_QueuedTasks_CancelRequested] DEFAULT 0;
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'RateSlotUtc') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [RateSlotUtc] datetimeoffset(3) NULL;
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'AnchorUtc') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [AnchorUtc] datetimeoffset(3) NULL;
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'TraceContext') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [TraceContext] nvarchar(max) NULL;
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'RetryPolicy') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [RetryPolicy] nvarchar(max) NULL;
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'LastLogSequence') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [LastLogSequence] int NOT NULL
        CONSTRAINT [DF_QueuedTasks_LastLogSequence] DEFAULT 0;
GO

-- Keys and queues must be told apart by case and accents, whatever the database's collation is, and a queue's name must
-- fit into an index: each moves to a column of that kind, which then takes its name. DueAtUtc, which is added last, tells
-- whether this has been done. Upstream's index on the key would hold its column fast; 0003 makes ours.
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'DueAtUtc') IS NULL
    DROP INDEX IF EXISTS [IX_QueuedTasks_TaskKey] ON [EverTask].[QueuedTasks];
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'DueAtUtc') IS NULL
    AND COL_LENGTH(N'[EverTask].[QueuedTasks]', N'ExactTaskKey') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [ExactTaskKey] nvarchar(200) COLLATE Latin1_General_BIN2 NULL;
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'ExactTaskKey') IS NOT NULL
    AND COL_LENGTH(N'[EverTask].[QueuedTasks]', N'TaskKey') IS NOT NULL
BEGIN
    EXEC (N'UPDATE [EverTask].[QueuedTasks] SET [ExactTaskKey] = [TaskKey] WHERE [TaskKey] IS NOT NULL');
    EXEC (N'ALTER TABLE [EverTask].[QueuedTasks] DROP COLUMN [TaskKey]');
END;
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'ExactTaskKey') IS NOT NULL
    EXEC sp_rename N'[EverTask].[QueuedTasks].[ExactTaskKey]', N'TaskKey', N'COLUMN';
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'DueAtUtc') IS NULL
    AND COL_LENGTH(N'[EverTask].[QueuedTasks]', N'ExactQueueName') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [ExactQueueName] nvarchar(200) COLLATE Latin1_General_BIN2 NULL;
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'ExactQueueName') IS NOT NULL
    AND COL_LENGTH(N'[EverTask].[QueuedTasks]', N'QueueName') IS NOT NULL
BEGIN
    EXEC (N'UPDATE [EverTask].[QueuedTasks] SET [ExactQueueName] = [QueueName] WHERE [QueueName] IS NOT NULL');
    EXEC (N'ALTER TABLE [EverTask].[QueuedTasks] DROP COLUMN [QueueName]');
END;
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'ExactQueueName') IS NOT NULL
    EXEC sp_rename N'[EverTask].[QueuedTasks].[ExactQueueName]', N'QueueName', N'COLUMN';
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'DueAtUtc') IS NULL
    CREATE UNIQUE INDEX [UX_QueuedTasks_IdOrder] ON [EverTask].[QueuedTasks] ([IdOrder]);
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'DueAtUtc') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [DueAtUtc] datetimeoffset(3) NULL;
GO

-- What upstream left unfinished becomes due: a series at its next run, anything else when it was scheduled. A task in
-- progress had a single owner in upstream, and that one is gone.
IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 2)
    UPDATE [EverTask].[QueuedTasks]
    SET [DueAtUtc] = CASE WHEN [IsRecurring] = 1 THEN [NextRunUtc]
                          ELSE COALESCE([ScheduledExecutionUtc], [CreatedAtUtc]) END,
        [AnchorUtc] = CASE WHEN [IsRecurring] = 1 THEN [CreatedAtUtc] END,
        [QueueName] = COALESCE([QueueName], CASE WHEN [IsRecurring] = 1 THEN N'recurring' ELSE N'default' END)
    WHERE [DueAtUtc] IS NULL AND [WorkerId] IS NULL
        AND ([Status] IN (N'WaitingQueue', N'Queued', N'InProgress', N'Pending', N'ServiceStopped')
            OR ([IsRecurring] = 1 AND [NextRunUtc] IS NOT NULL AND [Status] <> N'Cancelled'));
GO

IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 2)
    INSERT INTO [EverTask].[SchemaVersions] ([Version], [AppliedAtUtc]) VALUES (2, SYSUTCDATETIME());
GO
`,"0003_indexes.sql":`-- The indexes: few on the hot table, and two of its three hold only rows that wait or that a worker holds, so that they
-- stay small however many tasks have ended. README.md explains each.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO

-- Claims: a queue's due tasks by priority, then by how long they have been due.
IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 3)
    CREATE INDEX [IX_QueuedTasks_Due]
        ON [EverTask].[QueuedTasks] ([QueueName], [Priority] DESC, [DueAtUtc], [IdOrder])
        INCLUDE ([Type])
        WHERE [DueAtUtc] IS NOT NULL;
GO

-- Heartbeats and takeovers: what a worker holds.
IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 3)
    CREATE INDEX [IX_QueuedTasks_Claimed]
        ON [EverTask].[QueuedTasks] ([WorkerId])
        INCLUDE ([CancelRequested])
        WHERE [WorkerId] IS NOT NULL;
GO

IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 3)
    CREATE UNIQUE INDEX [UX_QueuedTasks_TaskKey]
        ON [EverTask].[QueuedTasks] ([TaskKey])
        WHERE [TaskKey] IS NOT NULL;
GO

-- A task's history, in order. Upstream's indexes of these names, on QueuedTaskId alone, give way to them.
IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 3)
    DROP INDEX IF EXISTS [IX_StatusAudit_QueuedTaskId] ON [EverTask].[StatusAudit];
GO
IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 3)
    CREATE INDEX [IX_StatusAudit_QueuedTaskId] ON [EverTask].[StatusAudit] ([QueuedTaskId], [Id]);
GO
IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 3)
    DROP INDEX IF EXISTS [IX_RunsAudit_QueuedTaskId] ON [EverTask].[RunsAudit];
GO
IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 3)
    CREATE INDEX [IX_RunsAudit_QueuedTaskId] ON [EverTask].[RunsAudit] ([QueuedTaskId], [Id]);
GO
IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 3)
    CREATE UNIQUE INDEX [UX_TaskExecutionLog_TaskId_SequenceNumber]
        ON [EverTask].[TaskExecutionLog] ([TaskId], [SequenceNumber]);
GO

-- Retention and the growth query: the oldest rows.
IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 3)
    CREATE INDEX [IX_StatusAudit_UpdatedAtUtc] ON [EverTask].[StatusAudit] ([UpdatedAtUtc]);
GO
IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 3)
    CREATE INDEX [IX_RunsAudit_ExecutedAt] ON [EverTask].[RunsAudit] ([ExecutedAt]);
GO
IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 3)
    CREATE INDEX [IX_TaskExecutionLog_TimestampUtc] ON [EverTask].[TaskExecutionLog] ([TimestampUtc]);
GO

-- Page-level options. They exist on SQL Server and Azure SQL only, hence not parsed elsewhere. No page locks on the hot
-- table: READPAST skips locked rows but waits for locked pages, and one statement of a batch must not lock the
-- neighbours of its rows. No escalation to a table lock either.
IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 3)
    AND SERVERPROPERTY('Babelfish') IS NULL
BEGIN
    EXEC (N'ALTER INDEX ALL ON [EverTask].[QueuedTasks] SET (ALLOW_PAGE_LOCKS = OFF)');
    EXEC (N'ALTER TABLE [EverTask].[QueuedTasks] SET (LOCK_ESCALATION = DISABLE)');
    EXEC (N'ALTER TABLE [EverTask].[RateLimits] SET (LOCK_ESCALATION = DISABLE)');
END;
GO

IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 3)
    INSERT INTO [EverTask].[SchemaVersions] ([Version], [AppliedAtUtc]) VALUES (3, SYSUTCDATETIME());
GO
`,"0004_types.sql":`-- The types of the procedures' batches. A table-valued parameter is typed, carries any text as it is, and needs no
-- compatibility level, unlike OPENJSON. Instants in batches are texts in UTC ('2030-01-01T00:00:00.000Z'): Babelfish
-- reads no datetimeoffset in a table-valued parameter.
-- A type that procedures use cannot be changed: a later version of a batch is a new type.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO

IF TYPE_ID(N'[EverTask].[TaskIdList]') IS NULL
    CREATE TYPE [EverTask].[TaskIdList] AS TABLE (
        [Ordinal] int              NOT NULL PRIMARY KEY,
        [TaskId]  uniqueidentifier NOT NULL
    );
GO

-- Types, or queues with a limit each.
IF TYPE_ID(N'[EverTask].[NameList]') IS NULL
    CREATE TYPE [EverTask].[NameList] AS TABLE (
        [Ordinal] int           NOT NULL PRIMARY KEY,
        [Name]    nvarchar(500) COLLATE Latin1_General_BIN2 NOT NULL,
        [Limit]   int           NULL
    );
GO

IF TYPE_ID(N'[EverTask].[NewTaskList]') IS NULL
    CREATE TYPE [EverTask].[NewTaskList] AS TABLE (
        [Ordinal]       int              NOT NULL PRIMARY KEY, -- from 1
        [Id]            uniqueidentifier NOT NULL,
        [Type]          nvarchar(500)    NOT NULL,
        [Handler]       nvarchar(500)    NOT NULL,
        [Request]       nvarchar(max)    NOT NULL,
        [Status]        nvarchar(15)     NOT NULL, -- Queued or WaitingQueue
        [DueInMs]       bigint           NULL,     -- this, or
        [DueAtUtc]      varchar(30)      NULL,
        [AuditLevel]    int              NOT NULL,
        [QueueName]     nvarchar(200)    COLLATE Latin1_General_BIN2 NOT NULL,
        [Priority]      smallint         NOT NULL,
        [TaskKey]       nvarchar(200)    COLLATE Latin1_General_BIN2 NULL,
        [TraceContext]  nvarchar(max)    NULL,
        [RetryPolicy]   nvarchar(max)    NULL,
        [ClaimFor]      nvarchar(100)    COLLATE Latin1_General_BIN2 NULL,
        [IsRecurring]   bit              NOT NULL,
        [RecurringTask] nvarchar(max)    COLLATE Latin1_General_BIN2 NULL,
        [RecurringInfo] nvarchar(max)    NULL,
        [AnchorUtc]     varchar(30)      NULL,
        [MaxRuns]       int              NULL,
        [RunUntil]      varchar(30)      NULL,
        [NextRunUtc]    varchar(30)      NULL,
        UNIQUE ([Id], [Ordinal])
    );
GO

-- What happened to a task: how it stands is the step with the number LastStep.
IF TYPE_ID(N'[EverTask].[StatusChangeList]') IS NULL
    CREATE TYPE [EverTask].[StatusChangeList] AS TABLE (
        [TaskId]          uniqueidentifier NOT NULL PRIMARY KEY,
        [Ordinal]         int              NOT NULL UNIQUE,
        [LastStep]        int              NOT NULL,
        [AuditLevel]      int              NULL,
        [WorkerId]        nvarchar(100)    COLLATE Latin1_General_BIN2 NULL,
        [LeaseToken]      bigint           NULL,
        [DueInMs]         bigint           NULL,
        [ReturnAttempt]   bit              NOT NULL,
        [RateSlotUtc]     varchar(30)      NULL,
        [ExecutionTimeMs] float            NULL
    );
GO

IF TYPE_ID(N'[EverTask].[RunEndList]') IS NULL
    CREATE TYPE [EverTask].[RunEndList] AS TABLE (
        [TaskId]          uniqueidentifier NOT NULL PRIMARY KEY,
        [Ordinal]         int              NOT NULL UNIQUE,
        [LastStep]        int              NOT NULL,
        [AuditLevel]      int              NULL,
        [WorkerId]        nvarchar(100)    COLLATE Latin1_General_BIN2 NULL,
        [LeaseToken]      bigint           NULL,
        [ExecutionTimeMs] float            NOT NULL,
        [NextRunUtc]      varchar(30)      NULL,
        [Counts]          bit              NOT NULL
    );
GO

-- The statuses that the tasks of one of the lists above went through, in order.
IF TYPE_ID(N'[EverTask].[StatusStepList]') IS NULL
    CREATE TYPE [EverTask].[StatusStepList] AS TABLE (
        [Ordinal]   int           NOT NULL, -- of the change
        [Step]      int           NOT NULL,
        [Status]    nvarchar(15)  NOT NULL,
        [Exception] nvarchar(max) NULL,
        [AgoMs]     bigint        NOT NULL,
        PRIMARY KEY ([Ordinal], [Step])
    );
GO

IF TYPE_ID(N'[EverTask].[ReleasedTaskList]') IS NULL
    CREATE TYPE [EverTask].[ReleasedTaskList] AS TABLE (
        [Ordinal]    int              NOT NULL,
        [TaskId]     uniqueidentifier NOT NULL PRIMARY KEY,
        [LeaseToken] bigint           NOT NULL,
        [DueAtUtc]   varchar(30)      NOT NULL
    );
GO

IF TYPE_ID(N'[EverTask].[RateSlotRequestList]') IS NULL
    CREATE TYPE [EverTask].[RateSlotRequestList] AS TABLE (
        [Ordinal]    int           NOT NULL PRIMARY KEY, -- from 1
        [RateKey]    nvarchar(400) COLLATE Latin1_General_BIN2 NOT NULL,
        [IntervalMs] float         NOT NULL,
        [Burst]      float         NOT NULL,
        [StartEmpty] bit           NOT NULL,
        [HorizonMs]  float         NOT NULL,
        [ReservedMs] float         NULL,     -- the slot that was reserved before, in epoch milliseconds
        [GraceMs]    float         NOT NULL,
        [StartWithinMs] float      NOT NULL
    );
GO

IF TYPE_ID(N'[EverTask].[LogLineList]') IS NULL
    CREATE TYPE [EverTask].[LogLineList] AS TABLE (
        [Ordinal]   int              NOT NULL PRIMARY KEY,
        [TaskId]    uniqueidentifier NOT NULL,
        [AgoMs]     bigint           NOT NULL,
        [Level]     nvarchar(20)     NOT NULL,
        [Message]   nvarchar(max)    NOT NULL,
        [Exception] nvarchar(max)    NULL,
        [RunNumber] bigint           NOT NULL
    );
GO

IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 4)
    INSERT INTO [EverTask].[SchemaVersions] ([Version], [AppliedAtUtc]) VALUES (4, SYSUTCDATETIME());
GO
`,"usp_ClaimTasks.sql":`-- Takes due tasks for a worker: highest priority first, then longest due, then lowest id, of each queue.
--
--   @Types   the types that the worker has handlers for
--   @Queues  at most Limit tasks of each queue
--
-- Answers two recordsets: Now and Known (0: the worker is not registered, and nothing was claimed); the tasks.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_ClaimTasks];
GO
CREATE PROCEDURE [EverTask].[usp_ClaimTasks]
    @WorkerId nvarchar(100),
    @Types    [EverTask].[NameList] READONLY,
    @Queues   [EverTask].[NameList] READONLY
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;
    -- READPAST asks for it, whatever isolation a transaction before left to the session.
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @Known bit = CASE WHEN EXISTS (SELECT 1 FROM [EverTask].[Workers] WHERE [Id] = @WorkerId) THEN 1 ELSE 0 END;
    DECLARE @Queue TABLE ([Ordinal] int NOT NULL PRIMARY KEY, [QueueName] nvarchar(200) NOT NULL, [Limit] int NOT NULL);
    DECLARE @Taken TABLE ([Id] uniqueidentifier NOT NULL PRIMARY KEY);
    DECLARE @Ordinal int, @QueueName nvarchar(200), @Limit int, @Priority int;

    IF @Known = 1
        INSERT INTO @Queue ([Ordinal], [QueueName], [Limit])
        SELECT q.[Ordinal], q.[Name], q.[Limit]
        FROM @Queues AS q
        WHERE NOT EXISTS (SELECT 1 FROM [EverTask].[PausedQueues] AS p WHERE p.[QueueName] = q.[Name]);

    BEGIN TRANSACTION;

    SELECT @Ordinal = MIN([Ordinal]) FROM @Queue;
    WHILE @Ordinal IS NOT NULL
    BEGIN
        SELECT @QueueName = [QueueName], @Limit = [Limit] FROM @Queue WHERE [Ordinal] = @Ordinal;

        -- One priority after the other, each found by a seek: ordered by priority and due instant in one go, the tasks of a
        -- higher priority that are due later would have to be passed by to get at those of a lower one that are due.
        SELECT @Priority = MAX(d.[Priority])
        FROM [EverTask].[QueuedTasks] AS d WITH (READPAST, READCOMMITTEDLOCK)
        WHERE d.[QueueName] = @QueueName AND d.[DueAtUtc] IS NOT NULL;

        WHILE @Priority IS NOT NULL AND @Limit > 0
        BEGIN
            -- READPAST leaves out what others are just taking, UPDLOCK keeps others from what this one is about to take, and
            -- READCOMMITTEDLOCK makes both so in a database with row versioning. READPAST stands on the target, too: the
            -- row may be locked when its place in the index is not. Where the engine ignores hints, looking at DueAtUtc again
            -- keeps a task from being taken twice: a claim that had to wait for another sees that it is gone.
            UPDATE [EverTask].[QueuedTasks] WITH (READPAST, ROWLOCK, READCOMMITTEDLOCK)
            SET [WorkerId] = @WorkerId,
                [ClaimedDueUtc] = [DueAtUtc],
                [DueAtUtc] = NULL,
                [Attempt] = [Attempt] + 1,
                [LeaseToken] = [LeaseToken] + 1
            OUTPUT inserted.[Id] INTO @Taken ([Id])
            WHERE [IdOrder] IN (
                SELECT TOP (@Limit) q.[IdOrder]
                FROM [EverTask].[QueuedTasks] AS q WITH (UPDLOCK, READPAST, ROWLOCK, READCOMMITTEDLOCK)
                WHERE q.[QueueName] = @QueueName AND q.[Priority] = @Priority
                    AND q.[DueAtUtc] IS NOT NULL AND q.[DueAtUtc] <= @Now
                    AND q.[Type] COLLATE Latin1_General_BIN2 IN (SELECT y.[Name] FROM @Types AS y)
                ORDER BY q.[DueAtUtc], q.[IdOrder])
                AND [DueAtUtc] <= @Now AND [WorkerId] IS NULL
            OPTION (LOOP JOIN);

            SET @Limit = @Limit - @@ROWCOUNT;

            SELECT @Priority = MAX(d.[Priority])
            FROM [EverTask].[QueuedTasks] AS d WITH (READPAST, READCOMMITTEDLOCK)
            WHERE d.[QueueName] = @QueueName AND d.[Priority] < @Priority AND d.[DueAtUtc] IS NOT NULL;
        END;

        SELECT @Ordinal = MIN([Ordinal]) FROM @Queue WHERE [Ordinal] > @Ordinal;
    END;

    COMMIT TRANSACTION;

    SELECT @Now AS [Now], @Known AS [Known];

    SELECT t.[Id] AS [Id], t.[Type] AS [Type], t.[Request] AS [Request], t.[Status] AS [Status],
        t.[AuditLevel] AS [AuditLevel], t.[QueueName] AS [QueueName], t.[Priority] AS [Priority], t.[TaskKey] AS [TaskKey],
        t.[CreatedAtUtc] AS [CreatedAtUtc], t.[ClaimedDueUtc] AS [DueAtUtc], t.[Attempt] AS [Attempt], t.[LostCount] AS [LostCount],
        t.[LeaseToken] AS [LeaseToken], t.[CancelRequested] AS [CancelRequested], t.[RateSlotUtc] AS [RateSlotUtc],
        t.[TraceContext] AS [TraceContext], t.[RetryPolicy] AS [RetryPolicy], t.[IsRecurring] AS [IsRecurring], t.[RecurringTask] AS [RecurringTask],
        t.[RecurringInfo] AS [RecurringInfo], t.[AnchorUtc] AS [AnchorUtc], t.[MaxRuns] AS [MaxRuns],
        t.[RunUntil] AS [RunUntil], t.[NextRunUtc] AS [NextRunUtc], t.[CurrentRunCount] AS [CurrentRunCount]
    FROM @Taken AS k
    INNER JOIN [EverTask].[QueuedTasks] AS t ON t.[Id] = k.[Id]
    WHERE t.[WorkerId] = @WorkerId
    ORDER BY t.[QueueName], t.[Priority] DESC, t.[ClaimedDueUtc], t.[IdOrder];
END
GO
`,"usp_CompleteRecurringRun.sql":`-- Ends a run of a recurring task that went well: usp_UpdateCurrentRun with the status Completed, under upstream's name
-- for it.
--
--   EXEC [EverTask].[usp_CompleteRecurringRun] @TaskId = '01900000-0000-7000-8000-000000000001', @ExecutionTimeMs = 12.5,
--       @NextRunUtc = '2030-01-01T00:00:00Z';
--
-- Answers one row: Applied (1 or 0).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_CompleteRecurringRun];
GO
CREATE PROCEDURE [EverTask].[usp_CompleteRecurringRun]
    @TaskId          uniqueidentifier,
    @ExecutionTimeMs float,
    @NextRunUtc      datetimeoffset(3) = NULL,
    @AuditLevel      int = 0               -- 0 Full, 1 Minimal, 2 ErrorsOnly, 3 None; NULL: Full
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    EXEC [EverTask].[usp_UpdateCurrentRun] @TaskId = @TaskId, @ExecutionTimeMs = @ExecutionTimeMs,
        @NextRunUtc = @NextRunUtc, @AuditLevel = @AuditLevel, @Status = N'Completed';
END
GO
`,"usp_Heartbeat.sql":`-- A worker is alive. Does not bring back a worker that was given up for lost.
--
-- Answers three recordsets: Now, Alive (1 or 0) and OthersLost (1: there is something for usp_ReleaseLost); TaskId of each
-- task that the worker holds and is asked to cancel; QueueName of each paused queue.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_Heartbeat];
GO
CREATE PROCEDURE [EverTask].[usp_Heartbeat]
    @WorkerId nvarchar(100),
    @LeaseMs  bigint -- a worker whose heartbeat is older than this is late
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;
    -- READPAST asks for it, whatever isolation a transaction before left to the session.
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @Late datetimeoffset(3) = DATEADD(millisecond, -(@LeaseMs % 86400000), DATEADD(day, -(@LeaseMs / 86400000), @Now));
    DECLARE @Alive bit = 0, @OthersLost bit = 0;

    UPDATE [EverTask].[Workers] SET [HeartbeatUtc] = @Now WHERE [Id] = @WorkerId;
    IF @@ROWCOUNT > 0
        SET @Alive = 1;

    -- Tasks that a transaction locks are passed by: a heartbeat waits for nobody.
    IF EXISTS (SELECT 1 FROM [EverTask].[Workers] AS w WHERE w.[Id] <> @WorkerId AND w.[HeartbeatUtc] < @Late)
        OR EXISTS (SELECT 1 FROM [EverTask].[QueuedTasks] AS t WITH (READPAST, READCOMMITTEDLOCK)
                   WHERE t.[WorkerId] IS NOT NULL
                       AND NOT EXISTS (SELECT 1 FROM [EverTask].[Workers] AS w WHERE w.[Id] = t.[WorkerId]))
        SET @OthersLost = 1;

    SELECT @Now AS [Now], @Alive AS [Alive], @OthersLost AS [OthersLost];

    SELECT t.[Id] AS [TaskId]
    FROM [EverTask].[QueuedTasks] AS t WITH (READPAST, READCOMMITTEDLOCK)
    WHERE t.[WorkerId] = @WorkerId AND t.[WorkerId] IS NOT NULL AND t.[CancelRequested] = 1 AND @Alive = 1;

    SELECT p.[QueueName] AS [QueueName] FROM [EverTask].[PausedQueues] AS p ORDER BY p.[QueueName];
END
GO
`,"usp_MakeDue.sql":`-- Makes unclaimed tasks due now: a series at rest gets an extra run, a waiting task runs early, a one-shot that ended in
-- Failed, Cancelled or ServiceStopped is Queued again, with the StatusAudit row that its level asks for.
--
--   DECLARE @TaskIds [EverTask].[TaskIdList];
--   INSERT INTO @TaskIds VALUES (1, '01900000-0000-7000-8000-000000000001');
--   EXEC [EverTask].[usp_MakeDue] @TaskIds;
--
-- Answers a row an id, in order: Due (1 or 0).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_MakeDue];
GO
CREATE PROCEDURE [EverTask].[usp_MakeDue]
    @TaskIds [EverTask].[TaskIdList] READONLY
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @Due TABLE ([TaskId] uniqueidentifier NOT NULL PRIMARY KEY);
    DECLARE @Requeued TABLE ([TaskId] uniqueidentifier NOT NULL PRIMARY KEY);

    BEGIN TRANSACTION;

    UPDATE [EverTask].[QueuedTasks]
    SET [DueAtUtc] = CASE WHEN [DueAtUtc] < @Now THEN [DueAtUtc] ELSE @Now END
    OUTPUT inserted.[Id] INTO @Due ([TaskId])
    WHERE [Id] IN (SELECT [TaskId] FROM @TaskIds) AND [WorkerId] IS NULL
        AND ([DueAtUtc] IS NOT NULL OR [NextRunUtc] IS NOT NULL)
    OPTION (LOOP JOIN);

    UPDATE [EverTask].[QueuedTasks]
    SET [Status] = N'Queued',
        [Exception] = NULL,
        [DueAtUtc] = @Now,
        [Attempt] = 0,
        [LostCount] = 0,
        [CancelRequested] = 0
    OUTPUT inserted.[Id] INTO @Requeued ([TaskId])
    WHERE [Id] IN (SELECT [TaskId] FROM @TaskIds) AND [WorkerId] IS NULL
        AND [DueAtUtc] IS NULL AND [IsRecurring] = 0
        AND [Status] IN (N'Failed', N'Cancelled', N'ServiceStopped')
    OPTION (LOOP JOIN);

    -- A task that is queued again is no error: only Full audits it.
    INSERT INTO [EverTask].[StatusAudit] ([QueuedTaskId], [UpdatedAtUtc], [NewStatus], [Exception])
    SELECT r.[TaskId], @Now, N'Queued', NULL
    FROM @Requeued AS r
    INNER JOIN [EverTask].[QueuedTasks] AS t ON t.[Id] = r.[TaskId]
    WHERE ISNULL(t.[AuditLevel], 0) NOT IN (1, 2, 3);

    COMMIT TRANSACTION;

    SELECT CASE WHEN w.[TaskId] IN (SELECT [TaskId] FROM @Due) OR w.[TaskId] IN (SELECT [TaskId] FROM @Requeued)
                THEN 1 ELSE 0 END AS [Due]
    FROM @TaskIds AS w
    ORDER BY w.[Ordinal];
END
GO
`,"usp_NextDueAt.sql":`-- The earliest instant at which a task of one of these types becomes due in one of these queues, paused ones left out.
--
-- Answers one row: DueAtUtc (NULL: none).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_NextDueAt];
GO
CREATE PROCEDURE [EverTask].[usp_NextDueAt]
    @Queues [EverTask].[NameList] READONLY,
    @Types  [EverTask].[NameList] READONLY
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;
    -- READPAST asks for it, whatever isolation a transaction before left to the session.
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;

    DECLARE @Queue TABLE ([QueueName] nvarchar(200) COLLATE Latin1_General_BIN2 NOT NULL PRIMARY KEY);
    DECLARE @QueueName nvarchar(200), @Priority int, @DueAt datetimeoffset(3), @Earliest datetimeoffset(3);

    INSERT INTO @Queue ([QueueName])
    SELECT DISTINCT q.[Name]
    FROM @Queues AS q
    WHERE NOT EXISTS (SELECT 1 FROM [EverTask].[PausedQueues] AS p WHERE p.[QueueName] = q.[Name]);

    -- As in usp_ClaimTasks: a seek for each queue and priority, and no wait for rows that a transaction locks: they cannot be
    -- claimed either.
    SELECT @QueueName = MIN([QueueName]) FROM @Queue;
    WHILE @QueueName IS NOT NULL
    BEGIN
        SELECT @Priority = MAX(d.[Priority])
        FROM [EverTask].[QueuedTasks] AS d WITH (READPAST, READCOMMITTEDLOCK)
        WHERE d.[QueueName] = @QueueName AND d.[DueAtUtc] IS NOT NULL;

        WHILE @Priority IS NOT NULL
        BEGIN
            SET @DueAt = NULL;
            SELECT TOP (1) @DueAt = d.[DueAtUtc]
            FROM [EverTask].[QueuedTasks] AS d WITH (READPAST, READCOMMITTEDLOCK)
            WHERE d.[QueueName] = @QueueName AND d.[Priority] = @Priority AND d.[DueAtUtc] IS NOT NULL
                AND d.[Type] COLLATE Latin1_General_BIN2 IN (SELECT y.[Name] FROM @Types AS y)
            ORDER BY d.[DueAtUtc];

            IF @DueAt IS NOT NULL AND (@Earliest IS NULL OR @DueAt < @Earliest)
                SET @Earliest = @DueAt;

            SELECT @Priority = MAX(d.[Priority])
            FROM [EverTask].[QueuedTasks] AS d WITH (READPAST, READCOMMITTEDLOCK)
            WHERE d.[QueueName] = @QueueName AND d.[Priority] < @Priority AND d.[DueAtUtc] IS NOT NULL;
        END;

        SELECT @QueueName = MIN([QueueName]) FROM @Queue WHERE [QueueName] > @QueueName;
    END;

    SELECT @Earliest AS [DueAtUtc];
END
GO
`,"usp_PersistTasks.sql":`-- Stores new tasks with their first audit rows and applies the task-key rules in order: one call, one transaction.
--
-- A task whose key a stored task has:
--   stored task in progress (or claimed)             -> existing
--   stored series, new one-shot                      -> existing
--   stored series alive, new series                  -> updated; with the same schedule, its next run stays
--   stored series without next run, new series       -> updated, alive again, run count 0
--   stored one-shot that waits                       -> updated
--   stored one-shot that has ended                   -> gives up its key; created
--
-- Answers a row a task, in order: Id, Outcome (created, updated, existing), Claimed (1 or 0).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_PersistTasks];
GO
CREATE PROCEDURE [EverTask].[usp_PersistTasks]
    @Tasks [EverTask].[NewTaskList] READONLY
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    -- What the server adds to each task.
    DECLARE @New TABLE (
        [Ordinal]  int               NOT NULL PRIMARY KEY,
        [Turn]     int               NOT NULL, -- 0: has no key, is stored with all others like it; else its ordinal
        [DueAtUtc] datetimeoffset(3) NOT NULL,
        [ClaimFor] nvarchar(100)     COLLATE Latin1_General_BIN2 NULL,
        [RowId]    uniqueidentifier  NOT NULL, -- the row that stands for the task in the end
        [Outcome]  varchar(8)        NOT NULL
    );
    DECLARE @Created TABLE (
        [Id]         uniqueidentifier NOT NULL PRIMARY KEY,
        [Status]     nvarchar(15)     NOT NULL,
        [AuditLevel] int              NOT NULL
    );

    INSERT INTO @New ([Ordinal], [Turn], [DueAtUtc], [ClaimFor], [RowId], [Outcome])
    SELECT j.[Ordinal], CASE WHEN j.[TaskKey] IS NULL THEN 0 ELSE j.[Ordinal] END,
        COALESCE(CONVERT(datetimeoffset(3), j.[DueAtUtc]),
            DATEADD(millisecond, j.[DueInMs] % 86400000, DATEADD(day, j.[DueInMs] / 86400000, @Now))),
        -- Born claimed: only a task that is to run at once, in a queue that runs, by a worker that is known.
        CASE WHEN j.[Status] = N'Queued'
                AND EXISTS (SELECT 1 FROM [EverTask].[Workers] AS w WHERE w.[Id] = j.[ClaimFor])
                AND NOT EXISTS (SELECT 1 FROM [EverTask].[PausedQueues] AS p WHERE p.[QueueName] = j.[QueueName])
            THEN j.[ClaimFor] END,
        j.[Id], 'created'
    FROM @Tasks AS j;

    DECLARE @Turn int = 0;
    DECLARE @TaskKey nvarchar(200), @Stores bit, @StoredId uniqueidentifier, @StoredStatus nvarchar(15), @StoredIsRecurring bit, @Busy bit, @Ended bit,
        @Alive bit, @SameSchedule bit, @Keeps bit, @NewIsRecurring bit, @NewStatus nvarchar(15), @NewLevel int, @Outcome varchar(8);

    BEGIN TRANSACTION;

    -- Turn 0 stores all tasks without a key by one INSERT; then each task with a key has a turn, in order.
    WHILE @Turn IS NOT NULL
    BEGIN
        SET @Stores = 1;

        IF @Turn > 0 AND NOT EXISTS (SELECT 1 FROM [EverTask].[QueuedTasks] AS t
                                     INNER JOIN @Tasks AS n ON n.[Id] = t.[Id] WHERE n.[Ordinal] = @Turn)
        BEGIN
            SET @StoredId = NULL;
            SELECT @TaskKey = n.[TaskKey] FROM @Tasks AS n WHERE n.[Ordinal] = @Turn;
            -- The range lock makes a second process that brings the same new key wait until this one has stored it. The
            -- key is compared with a variable, and with NULL, so that the filtered index is sure to be used: without it
            -- the lock would be on the whole table.
            SELECT @StoredId = t.[Id], @StoredStatus = t.[Status], @StoredIsRecurring = t.[IsRecurring],
                @Busy = CASE WHEN t.[WorkerId] IS NOT NULL OR t.[Status] = N'InProgress' THEN 1 ELSE 0 END,
                @Ended = CASE WHEN t.[DueAtUtc] IS NULL
                    AND t.[Status] IN (N'Completed', N'Failed', N'Cancelled', N'ServiceStopped') THEN 1 ELSE 0 END,
                @Alive = CASE WHEN t.[NextRunUtc] IS NULL THEN 0 ELSE 1 END,
                @SameSchedule = CASE WHEN t.[RecurringTask] COLLATE Latin1_General_BIN2 = n.[RecurringTask]
                    AND DATALENGTH(t.[RecurringTask]) = DATALENGTH(n.[RecurringTask]) THEN 1 ELSE 0 END,
                @NewIsRecurring = n.[IsRecurring], @NewStatus = n.[Status], @NewLevel = n.[AuditLevel]
            FROM [EverTask].[QueuedTasks] AS t WITH (UPDLOCK, HOLDLOCK)
            INNER JOIN @Tasks AS n ON n.[Ordinal] = @Turn
            WHERE t.[TaskKey] = @TaskKey AND t.[TaskKey] IS NOT NULL
            OPTION (LOOP JOIN);

            IF @StoredId IS NOT NULL AND @Busy = 0 AND @StoredIsRecurring = 0 AND @Ended = 1
                UPDATE [EverTask].[QueuedTasks] SET [TaskKey] = NULL WHERE [Id] = @StoredId;
            ELSE IF @StoredId IS NOT NULL
            BEGIN
                SET @Stores = 0;
                SET @Outcome = 'existing';
                IF @Busy = 0 AND NOT (@StoredIsRecurring = 1 AND @NewIsRecurring = 0)
                BEGIN
                    -- Of a series that goes on with the same schedule, only what the schedule does not decide is new.
                    SET @Keeps = CASE WHEN @StoredIsRecurring = 1 AND @Alive = 1 AND @SameSchedule = 1 THEN 1 ELSE 0 END;
                    UPDATE t
                    SET [Type] = n.[Type], [Handler] = n.[Handler], [Request] = n.[Request], [QueueName] = n.[QueueName],
                        [Priority] = n.[Priority], [AuditLevel] = n.[AuditLevel], [TraceContext] = n.[TraceContext], [RetryPolicy] = n.[RetryPolicy],
                        [Exception] = NULL, [CancelRequested] = 0,
                        [IsRecurring] = n.[IsRecurring], [RecurringTask] = n.[RecurringTask], [RecurringInfo] = n.[RecurringInfo],
                        [MaxRuns] = n.[MaxRuns], [RunUntil] = CONVERT(datetimeoffset(3), n.[RunUntil]),
                        [CurrentRunCount] = CASE WHEN n.[IsRecurring] = 0 THEN NULL
                            WHEN @StoredIsRecurring = 1 AND @Alive = 1 THEN t.[CurrentRunCount] ELSE 0 END,
                        [AnchorUtc] = CASE WHEN @Keeps = 1 THEN t.[AnchorUtc] ELSE CONVERT(datetimeoffset(3), n.[AnchorUtc]) END,
                        [NextRunUtc] = CASE WHEN @Keeps = 1 THEN t.[NextRunUtc] ELSE CONVERT(datetimeoffset(3), n.[NextRunUtc]) END,
                        [Status] = CASE WHEN @Keeps = 1 THEN t.[Status] ELSE n.[Status] END,
                        [DueAtUtc] = CASE WHEN @Keeps = 1 THEN t.[DueAtUtc] ELSE e.[DueAtUtc] END,
                        [ScheduledExecutionUtc] = CASE WHEN @Keeps = 1 THEN t.[ScheduledExecutionUtc]
                            WHEN n.[Status] = N'WaitingQueue' THEN e.[DueAtUtc] END,
                        [Attempt] = CASE WHEN @Keeps = 1 THEN t.[Attempt] ELSE 0 END,
                        [LostCount] = CASE WHEN @Keeps = 1 THEN t.[LostCount] ELSE 0 END,
                        [RateSlotUtc] = CASE WHEN @Keeps = 1 THEN t.[RateSlotUtc] END
                    FROM [EverTask].[QueuedTasks] AS t
                    INNER JOIN @Tasks AS n ON n.[Ordinal] = @Turn
                    INNER JOIN @New AS e ON e.[Ordinal] = n.[Ordinal]
                    WHERE t.[Id] = @StoredId AND t.[WorkerId] IS NULL AND t.[Status] <> N'InProgress';
                    IF @@ROWCOUNT > 0 SET @Outcome = 'updated';

                    -- A status to begin with is no error: only Full audits it.
                    IF @Outcome = 'updated' AND @Keeps = 0 AND @NewStatus <> @StoredStatus AND @NewLevel NOT IN (1, 2, 3)
                        INSERT INTO [EverTask].[StatusAudit] ([QueuedTaskId], [UpdatedAtUtc], [NewStatus], [Exception])
                        VALUES (@StoredId, @Now, @NewStatus, NULL);
                END;
                UPDATE @New SET [RowId] = @StoredId, [Outcome] = @Outcome WHERE [Ordinal] = @Turn;
            END;
        END;

        IF @Stores = 1
            INSERT INTO [EverTask].[QueuedTasks] ([Id], [CreatedAtUtc], [ExecutionTimeMs], [ScheduledExecutionUtc], [Type], [Request], [Handler],
                [IsRecurring], [RecurringTask], [RecurringInfo], [CurrentRunCount], [MaxRuns], [RunUntil], [NextRunUtc],
                [QueueName], [TaskKey], [AuditLevel], [Status], [Priority], [DueAtUtc], [Attempt], [WorkerId],
                [LeaseToken], [AnchorUtc], [TraceContext], [RetryPolicy])
            OUTPUT inserted.[Id], inserted.[Status], inserted.[AuditLevel] INTO @Created ([Id], [Status], [AuditLevel])
            SELECT n.[Id], @Now, 0, CASE WHEN n.[Status] = N'WaitingQueue' THEN e.[DueAtUtc] END, n.[Type], n.[Request],
                n.[Handler], n.[IsRecurring], n.[RecurringTask], n.[RecurringInfo],
                CASE WHEN n.[IsRecurring] = 1 THEN 0 END, n.[MaxRuns], CONVERT(datetimeoffset(3), n.[RunUntil]),
                CONVERT(datetimeoffset(3), n.[NextRunUtc]), n.[QueueName], n.[TaskKey], n.[AuditLevel], n.[Status], n.[Priority],
                CASE WHEN e.[ClaimFor] IS NULL THEN e.[DueAtUtc] END, CASE WHEN e.[ClaimFor] IS NULL THEN 0 ELSE 1 END,
                e.[ClaimFor], CASE WHEN e.[ClaimFor] IS NULL THEN 0 ELSE 1 END, CONVERT(datetimeoffset(3), n.[AnchorUtc]),
                n.[TraceContext], n.[RetryPolicy]
            FROM @New AS e
            INNER JOIN @Tasks AS n ON n.[Ordinal] = e.[Ordinal]
            WHERE e.[Turn] = @Turn
                AND NOT EXISTS (SELECT 1 FROM [EverTask].[QueuedTasks] AS t WHERE t.[Id] = n.[Id])
                AND NOT EXISTS (SELECT 1 FROM @Tasks AS b WHERE b.[Id] = n.[Id] AND b.[Ordinal] < n.[Ordinal])
            OPTION (LOOP JOIN);

        SELECT @Turn = MIN(n.[Turn]) FROM @New AS n WHERE n.[Turn] > @Turn;
    END;

    -- A first status is no error: only Full audits it.
    INSERT INTO [EverTask].[StatusAudit] ([QueuedTaskId], [UpdatedAtUtc], [NewStatus], [Exception])
    SELECT c.[Id], @Now, c.[Status], NULL
    FROM @Created AS c
    WHERE c.[AuditLevel] NOT IN (1, 2, 3);

    COMMIT TRANSACTION;

    SELECT n.[RowId] AS [Id], n.[Outcome] AS [Outcome],
        CASE WHEN n.[Outcome] = 'created' AND t.[WorkerId] = k.[ClaimFor] AND t.[LeaseToken] = 1 THEN 1 ELSE 0 END AS [Claimed]
    FROM @New AS n
    INNER JOIN @Tasks AS k ON k.[Ordinal] = n.[Ordinal]
    LEFT JOIN [EverTask].[QueuedTasks] AS t ON t.[Id] = n.[RowId]
    ORDER BY n.[Ordinal];
END
GO
`,"usp_Purge.sql":`-- Deletes what the retention policy allows, in one short transaction: at most @Limit rows over all tables. Call it again
-- until it is done. An absent (or NULL, or not positive) number of days keeps rows for ever.
--
--   EXEC [EverTask].[usp_Purge] @StatusAuditDays = 30, @RunsAuditDays = 7, @ErrorAuditDays = 90;
--
-- Answers one row: StatusAudit, RunsAudit, ExecutionLog and Tasks (rows deleted), Done (1: nothing is left to delete) and
-- Busy (1: another process is purging at the moment; nothing was done).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_Purge];
GO
CREATE PROCEDURE [EverTask].[usp_Purge]
    @StatusAuditDays         float = NULL,
    @RunsAuditDays           float = NULL,
    @ErrorAuditDays          float = NULL, -- overrides both for rows that have an exception
    @ExecutionLogDays        float = NULL,
    @MaxExecutionLogsPerTask int = NULL,   -- only the newest so many lines of a task are kept
    @DeleteCompletedTasks    bit = 0,      -- one-shots that ended well, or were cancelled, before @StatusAuditDays
    @Limit                   int = 1000,   -- below 5000, a statement's locks stay row locks
    @DryRun                  bit = 0       -- only counts, and all that may go, whatever the limit
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;
    -- READPAST asks for it, whatever isolation a transaction before left to the session.
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @Status datetimeoffset(3), @StatusErrors datetimeoffset(3), @Runs datetimeoffset(3), @RunsErrors datetimeoffset(3),
        @Logs datetimeoffset(3), @Tasks datetimeoffset(3), @MaxLogs int, @Lock int = 0;
    DECLARE @Left int = CASE WHEN @DryRun = 1 THEN 2147483646 ELSE @Limit END;
    DECLARE @Found int, @StatusCount int = 0, @RunsCount int = 0, @LogCount int = 0, @TaskCount int = 0, @Done bit = 1;
    DECLARE @StatusRow TABLE ([Id] bigint NOT NULL PRIMARY KEY);
    DECLARE @RunsRow TABLE ([Id] bigint NOT NULL PRIMARY KEY);
    DECLARE @LogRow TABLE ([Id] bigint NOT NULL PRIMARY KEY);
    DECLARE @TaskRow TABLE ([Id] uniqueidentifier NOT NULL PRIMARY KEY);

    -- The instants before which rows may go; NULL compares with nothing, and keeps them. A thousand years is for ever.
    SET @ErrorAuditDays = CASE WHEN @ErrorAuditDays > 0 THEN @ErrorAuditDays END;
    SELECT @Status = MAX(CASE WHEN c.[Kind] = 1 THEN c.[Before] END), @Runs = MAX(CASE WHEN c.[Kind] = 2 THEN c.[Before] END),
        @StatusErrors = MAX(CASE WHEN c.[Kind] = 3 THEN c.[Before] END), @RunsErrors = MAX(CASE WHEN c.[Kind] = 4 THEN c.[Before] END),
        @Logs = MAX(CASE WHEN c.[Kind] = 5 THEN c.[Before] END)
    FROM (
        SELECT d.[Kind], DATEADD(millisecond, -(d.[Ms] % 86400000), DATEADD(day, -(d.[Ms] / 86400000), @Now)) AS [Before]
        FROM (
            SELECT v.[Kind], CONVERT(bigint, CASE WHEN v.[Days] > 0 AND v.[Days] < 365000 THEN v.[Days] * 86400000 END) AS [Ms]
            FROM (VALUES (1, @StatusAuditDays), (2, @RunsAuditDays), (3, COALESCE(@ErrorAuditDays, @StatusAuditDays)),
                (4, COALESCE(@ErrorAuditDays, @RunsAuditDays)), (5, @ExecutionLogDays)) AS v ([Kind], [Days])
        ) AS d
    ) AS c;
    SET @Tasks = CASE WHEN @DeleteCompletedTasks = 1 THEN @Status END;
    SET @MaxLogs = CASE WHEN @MaxExecutionLogsPerTask > 0 THEN @MaxExecutionLogsPerTask END;

    BEGIN TRANSACTION;

    -- One process at a time; the lock ends with the transaction, whatever happens to it.
    IF @DryRun = 0
        EXEC @Lock = sp_getapplock @Resource = N'[EverTask].purge', @LockMode = 'Exclusive', @LockOwner = 'Transaction',
            @LockTimeout = 100;
    IF @Lock < 0
    BEGIN
        ROLLBACK TRANSACTION;
        SELECT 0 AS [StatusAudit], 0 AS [RunsAudit], 0 AS [ExecutionLog], 0 AS [Tasks], 0 AS [Done], 1 AS [Busy];
        RETURN;
    END;

    -- Each table: looks for one row more than may go, to know whether it is done.
    INSERT INTO @StatusRow ([Id])
    SELECT TOP (@Left + 1) s.[Id]
    FROM [EverTask].[StatusAudit] AS s
    WHERE (s.[Exception] IS NULL AND s.[UpdatedAtUtc] < @Status)
        OR (s.[Exception] IS NOT NULL AND s.[UpdatedAtUtc] < @StatusErrors)
    ORDER BY s.[UpdatedAtUtc];
    SET @Found = @@ROWCOUNT;
    SET @StatusCount = CASE WHEN @Found > @Left THEN @Left ELSE @Found END;
    IF @Found > @Left SET @Done = 0;
    IF @DryRun = 0
    BEGIN
        DELETE FROM [EverTask].[StatusAudit] WHERE [Id] IN (SELECT TOP (@Left) r.[Id] FROM @StatusRow AS r ORDER BY r.[Id]);
        SET @Left = @Left - @StatusCount;
    END;

    INSERT INTO @RunsRow ([Id])
    SELECT TOP (@Left + 1) s.[Id]
    FROM [EverTask].[RunsAudit] AS s
    WHERE (s.[Exception] IS NULL AND s.[ExecutedAt] < @Runs)
        OR (s.[Exception] IS NOT NULL AND s.[ExecutedAt] < @RunsErrors)
    ORDER BY s.[ExecutedAt];
    SET @Found = @@ROWCOUNT;
    SET @RunsCount = CASE WHEN @Found > @Left THEN @Left ELSE @Found END;
    IF @Found > @Left SET @Done = 0;
    IF @DryRun = 0
    BEGIN
        DELETE FROM [EverTask].[RunsAudit] WHERE [Id] IN (SELECT TOP (@Left) r.[Id] FROM @RunsRow AS r ORDER BY r.[Id]);
        SET @Left = @Left - @RunsCount;
    END;

    -- The task's row knows the number of its last line, so that nothing has to be counted.
    INSERT INTO @LogRow ([Id])
    SELECT TOP (@Left + 1) l.[Id]
    FROM [EverTask].[TaskExecutionLog] AS l
    WHERE l.[TimestampUtc] < @Logs
        OR (@MaxLogs IS NOT NULL AND EXISTS (SELECT 1 FROM [EverTask].[QueuedTasks] AS t
            WHERE t.[Id] = l.[TaskId] AND t.[LastLogSequence] - @MaxLogs >= l.[SequenceNumber]));
    SET @Found = @@ROWCOUNT;
    SET @LogCount = CASE WHEN @Found > @Left THEN @Left ELSE @Found END;
    IF @Found > @Left SET @Done = 0;
    IF @DryRun = 0
    BEGIN
        DELETE FROM [EverTask].[TaskExecutionLog] WHERE [Id] IN (SELECT TOP (@Left) r.[Id] FROM @LogRow AS r ORDER BY r.[Id]);
        SET @Left = @Left - @LogCount;
    END;

    -- Tasks of which no row of history stays. One that a transaction locks is looked at again next time.
    IF @Tasks IS NOT NULL
    BEGIN
        INSERT INTO @TaskRow ([Id])
        SELECT TOP (@Left + 1) t.[Id]
        FROM [EverTask].[QueuedTasks] AS t WITH (READPAST, READCOMMITTEDLOCK)
        WHERE t.[IsRecurring] = 0 AND t.[WorkerId] IS NULL AND t.[DueAtUtc] IS NULL
            AND t.[Status] IN (N'Completed', N'Cancelled')
            AND COALESCE(t.[LastExecutionUtc], t.[CreatedAtUtc]) < @Tasks
            AND NOT EXISTS (SELECT 1 FROM [EverTask].[StatusAudit] AS s WHERE s.[QueuedTaskId] = t.[Id]
                AND NOT s.[UpdatedAtUtc] < CASE WHEN s.[Exception] IS NULL THEN @Status ELSE @StatusErrors END)
            AND NOT EXISTS (SELECT 1 FROM [EverTask].[RunsAudit] AS s WHERE s.[QueuedTaskId] = t.[Id]
                AND (CASE WHEN s.[Exception] IS NULL THEN @Runs ELSE @RunsErrors END IS NULL
                    OR NOT s.[ExecutedAt] < CASE WHEN s.[Exception] IS NULL THEN @Runs ELSE @RunsErrors END))
            AND NOT EXISTS (SELECT 1 FROM [EverTask].[TaskExecutionLog] AS l WHERE l.[TaskId] = t.[Id]
                AND (@Logs IS NULL OR NOT l.[TimestampUtc] < @Logs)
                AND (@MaxLogs IS NULL OR t.[LastLogSequence] - @MaxLogs < l.[SequenceNumber]))
        ORDER BY t.[IdOrder];
        SET @Found = @@ROWCOUNT;
        SET @TaskCount = CASE WHEN @Found > @Left THEN @Left ELSE @Found END;
        IF @Found > @Left SET @Done = 0;
        IF @DryRun = 0
            DELETE FROM [EverTask].[QueuedTasks] WHERE [Id] IN (SELECT TOP (@Left) r.[Id] FROM @TaskRow AS r ORDER BY r.[Id]);
    END;

    COMMIT TRANSACTION;

    SELECT @StatusCount AS [StatusAudit], @RunsCount AS [RunsAudit], @LogCount AS [ExecutionLog], @TaskCount AS [Tasks],
        @Done AS [Done], 0 AS [Busy];
END
GO
`,"usp_RegisterWorker.sql":`-- Makes a worker known, alive as of now. Doing so twice is the same as once and a heartbeat. Answers nothing.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_RegisterWorker];
GO
CREATE PROCEDURE [EverTask].[usp_RegisterWorker]
    @WorkerId nvarchar(100),
    @Host     nvarchar(400)
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();

    BEGIN TRANSACTION;

    UPDATE [EverTask].[Workers] SET [HeartbeatUtc] = @Now, [Host] = @Host WHERE [Id] = @WorkerId;
    IF @@ROWCOUNT = 0
        INSERT INTO [EverTask].[Workers] ([Id], [Host], [StartedUtc], [HeartbeatUtc])
        VALUES (@WorkerId, @Host, @Now, @Now);

    COMMIT TRANSACTION;
END
GO
`,"usp_ReleaseLost.sql":`-- Removes workers whose heartbeat is too old, and takes the tasks of every worker that is not (or no longer) registered:
-- they are ServiceStopped and due now. One that was running (InProgress) has LostCount + 1; above the poison limit it is Failed
-- and not due, a series without next run. One that was only claimed, as far as is known, has a LostCount of 1 at least; if it
-- had that before, the claim is taken back (Attempt - 1). With the StatusAudit row that each task's level asks for.
--
-- A task's row may be locked: its worker froze in the middle of a transaction in which it completed the task. Such a task is
-- left to that transaction, and taken by a later call if it is still held then.
--
-- Answers a row a task: TaskId, Type, QueueName, WorkerId, LostCount, Poisoned (1 or 0).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_ReleaseLost];
GO
CREATE PROCEDURE [EverTask].[usp_ReleaseLost]
    @LeaseMs      bigint,
    @PoisonLimit  int,
    @LostReason   nvarchar(max),
    @PoisonReason nvarchar(max)
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;
    -- READPAST asks for it, whatever isolation a transaction before left to the session.
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @Late datetimeoffset(3) = DATEADD(millisecond, -(@LeaseMs % 86400000), DATEADD(day, -(@LeaseMs / 86400000), @Now));
    DECLARE @Gone TABLE ([WorkerId] nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL PRIMARY KEY);
    DECLARE @Held TABLE ([TaskId] uniqueidentifier NOT NULL PRIMARY KEY, [WorkerId] nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL);
    DECLARE @Lost TABLE ([TaskId] uniqueidentifier NOT NULL PRIMARY KEY);
    DECLARE @Answer TABLE (
        [IdOrder]   binary(36)       NOT NULL PRIMARY KEY,
        [TaskId]    uniqueidentifier NOT NULL,
        [Type]      nvarchar(500)    COLLATE Latin1_General_BIN2 NOT NULL,
        [QueueName] nvarchar(200)    COLLATE Latin1_General_BIN2 NULL,
        [WorkerId]  nvarchar(100)    COLLATE Latin1_General_BIN2 NOT NULL,
        [LostCount] int              NOT NULL,
        [Poisoned]  bit              NOT NULL
    );

    BEGIN TRANSACTION;

    DELETE FROM [EverTask].[Workers] WHERE [HeartbeatUtc] < @Late;

    -- First who holds tasks, then who of them is not registered: the other way round, or in one statement, a worker that
    -- registers and claims meanwhile could be taken for lost.
    INSERT INTO @Gone ([WorkerId])
    SELECT DISTINCT t.[WorkerId]
    FROM [EverTask].[QueuedTasks] AS t WITH (READPAST, READCOMMITTEDLOCK)
    WHERE t.[WorkerId] IS NOT NULL;

    DELETE FROM @Gone WHERE [WorkerId] IN (SELECT w.[Id] FROM [EverTask].[Workers] AS w);

    INSERT INTO @Held ([TaskId], [WorkerId])
    SELECT t.[Id], t.[WorkerId]
    FROM @Gone AS g
    INNER JOIN [EverTask].[QueuedTasks] AS t WITH (READPAST, READCOMMITTEDLOCK) ON t.[WorkerId] = g.[WorkerId]
    WHERE t.[WorkerId] IS NOT NULL
    ORDER BY t.[Id]
    OPTION (LOOP JOIN);

    -- The worker is compared again: two processes that find the same lost tasks take each of them once.
    UPDATE [EverTask].[QueuedTasks] WITH (READPAST, ROWLOCK, READCOMMITTEDLOCK)
    SET [LostCount] = CASE WHEN [QueuedTasks].[Status] = N'InProgress' OR [QueuedTasks].[LostCount] = 0
            THEN [QueuedTasks].[LostCount] + 1 ELSE [QueuedTasks].[LostCount] END,
        [Attempt] = CASE WHEN [QueuedTasks].[Status] = N'InProgress' OR [QueuedTasks].[LostCount] = 0 OR [QueuedTasks].[Attempt] = 0
            THEN [QueuedTasks].[Attempt] ELSE [QueuedTasks].[Attempt] - 1 END,
        [Status] = CASE WHEN [QueuedTasks].[Status] = N'InProgress' AND [QueuedTasks].[LostCount] >= @PoisonLimit THEN N'Failed' ELSE N'ServiceStopped' END,
        [Exception] = CASE WHEN [QueuedTasks].[Status] = N'InProgress' AND [QueuedTasks].[LostCount] >= @PoisonLimit THEN @PoisonReason ELSE @LostReason END,
        [WorkerId] = NULL,
        [DueAtUtc] = CASE WHEN [QueuedTasks].[Status] = N'InProgress' AND [QueuedTasks].[LostCount] >= @PoisonLimit THEN NULL ELSE @Now END,
        [NextRunUtc] = CASE WHEN [QueuedTasks].[Status] = N'InProgress' AND [QueuedTasks].[LostCount] >= @PoisonLimit THEN NULL ELSE [QueuedTasks].[NextRunUtc] END,
        [CancelRequested] = CASE WHEN [QueuedTasks].[Status] = N'InProgress' AND [QueuedTasks].[LostCount] >= @PoisonLimit THEN 0 ELSE [QueuedTasks].[CancelRequested] END
    OUTPUT inserted.[Id] INTO @Lost ([TaskId])
    FROM @Held AS h
    WHERE [QueuedTasks].[Id] = h.[TaskId] AND [QueuedTasks].[WorkerId] = h.[WorkerId]
    OPTION (LOOP JOIN);

    -- A lost worker is an error: Full, Minimal and ErrorsOnly audit it.
    INSERT INTO [EverTask].[StatusAudit] ([QueuedTaskId], [UpdatedAtUtc], [NewStatus], [Exception])
    SELECT t.[Id], @Now, t.[Status], t.[Exception]
    FROM @Lost AS l
    INNER JOIN [EverTask].[QueuedTasks] AS t ON t.[Id] = l.[TaskId]
    WHERE ISNULL(t.[AuditLevel], 0) <> 3;

    -- Answered after the commit: a caller that does not read must not keep the rows locked.
    INSERT INTO @Answer ([IdOrder], [TaskId], [Type], [QueueName], [WorkerId], [LostCount], [Poisoned])
    SELECT t.[IdOrder], t.[Id], t.[Type], t.[QueueName], h.[WorkerId], t.[LostCount],
        CASE WHEN t.[Status] = N'Failed' THEN 1 ELSE 0 END
    FROM @Lost AS l
    INNER JOIN @Held AS h ON h.[TaskId] = l.[TaskId]
    INNER JOIN [EverTask].[QueuedTasks] AS t ON t.[Id] = l.[TaskId];

    COMMIT TRANSACTION;

    SELECT a.[TaskId] AS [TaskId], a.[Type] AS [Type], a.[QueueName] AS [QueueName], a.[WorkerId] AS [WorkerId],
        a.[LostCount] AS [LostCount], a.[Poisoned] AS [Poisoned]
    FROM @Answer AS a
    ORDER BY a.[WorkerId], a.[IdOrder];
END
GO
`,"usp_ReleaseTasks.sql":`-- Gives claimed, unstarted tasks back: due as the caller says, attempt less one, everything else unchanged. A task that the
-- worker does not hold with this token is skipped.
--
-- Answers nothing.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_ReleaseTasks];
GO
CREATE PROCEDURE [EverTask].[usp_ReleaseTasks]
    @WorkerId nvarchar(100),
    @Tasks    [EverTask].[ReleasedTaskList] READONLY
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();

    UPDATE t
    SET [WorkerId] = NULL,
        [Attempt] = CASE WHEN t.[Attempt] > 0 THEN t.[Attempt] - 1 ELSE 0 END,
        [DueAtUtc] = CASE WHEN t.[CancelRequested] = 1 THEN @Now ELSE CONVERT(datetimeoffset(3), r.[DueAtUtc]) END
    FROM [EverTask].[QueuedTasks] AS t
    INNER JOIN @Tasks AS r ON r.[TaskId] = t.[Id]
    WHERE t.[WorkerId] = @WorkerId AND t.[LeaseToken] = r.[LeaseToken]
    OPTION (LOOP JOIN);
END
GO
`,"usp_ReleaseUnknown.sql":`-- Gives back the tasks that a worker holds without knowing it, because a claim was committed and its answer was lost on
-- the way: due now, attempt less one, status unchanged. A task that a transaction locks is known, and is passed by.
--
--   @Known  the tasks that the worker knows it holds
--
-- Answers one row: Released (how many were given back).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_ReleaseUnknown];
GO
CREATE PROCEDURE [EverTask].[usp_ReleaseUnknown]
    @WorkerId nvarchar(100),
    @Known    [EverTask].[TaskIdList] READONLY
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;
    -- READPAST asks for it, whatever isolation a transaction before left to the session.
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();

    UPDATE [EverTask].[QueuedTasks] WITH (READPAST, ROWLOCK, READCOMMITTEDLOCK)
    SET [WorkerId] = NULL,
        [Attempt] = CASE WHEN [Attempt] > 0 THEN [Attempt] - 1 ELSE 0 END,
        [DueAtUtc] = @Now
    WHERE [WorkerId] = @WorkerId AND [WorkerId] IS NOT NULL AND [Id] NOT IN (SELECT k.[TaskId] FROM @Known AS k);

    SELECT @@ROWCOUNT AS [Released];
END
GO
`,"usp_RequestCancel.sql":`-- Asks for tasks to be cancelled. Those that wait are Cancelled at once, with the StatusAudit row that their own level
-- asks for; those that a worker holds are marked, and the worker is told at its next heartbeat.
--
--   DECLARE @TaskIds [EverTask].[TaskIdList];
--   INSERT INTO @TaskIds VALUES (1, '01900000-0000-7000-8000-000000000001');
--   EXEC [EverTask].[usp_RequestCancel] @TaskIds;
--
-- Answers a row an id, in order: Outcome (cancelled, requested, ended, unknown).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_RequestCancel];
GO
CREATE PROCEDURE [EverTask].[usp_RequestCancel]
    @TaskIds [EverTask].[TaskIdList] READONLY
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @Touched TABLE ([TaskId] uniqueidentifier NOT NULL PRIMARY KEY);
    DECLARE @Answer TABLE ([Ordinal] int NOT NULL PRIMARY KEY, [Outcome] varchar(9) NOT NULL);

    BEGIN TRANSACTION;

    -- OUTPUT tells which rows were touched, and no more here and in the other procedures: after a wait for another writer,
    -- Babelfish fills it from the row as it was before. One UPDATE for both, so that a task that is claimed or given back
    -- in the same moment is one or the other.
    UPDATE [EverTask].[QueuedTasks]
    SET [CancelRequested] = CASE WHEN [WorkerId] IS NULL THEN 0 ELSE 1 END,
        [Status] = CASE WHEN [WorkerId] IS NULL THEN N'Cancelled' ELSE [Status] END,
        [Exception] = CASE WHEN [WorkerId] IS NULL THEN NULL ELSE [Exception] END,
        [DueAtUtc] = NULL,
        [NextRunUtc] = CASE WHEN [WorkerId] IS NULL THEN NULL ELSE [NextRunUtc] END,
        [RateSlotUtc] = CASE WHEN [WorkerId] IS NULL THEN NULL ELSE [RateSlotUtc] END
    OUTPUT inserted.[Id] INTO @Touched ([TaskId])
    WHERE [Id] IN (SELECT [TaskId] FROM @TaskIds)
        AND ([WorkerId] IS NOT NULL OR [DueAtUtc] IS NOT NULL OR [NextRunUtc] IS NOT NULL
            OR [Status] NOT IN (N'Completed', N'Failed', N'Cancelled', N'ServiceStopped'))
    OPTION (LOOP JOIN);

    -- A cancellation is no error: only Full audits it.
    INSERT INTO [EverTask].[StatusAudit] ([QueuedTaskId], [UpdatedAtUtc], [NewStatus], [Exception])
    SELECT c.[TaskId], @Now, N'Cancelled', NULL
    FROM @Touched AS c
    INNER JOIN [EverTask].[QueuedTasks] AS t ON t.[Id] = c.[TaskId]
    WHERE t.[WorkerId] IS NULL AND ISNULL(t.[AuditLevel], 0) NOT IN (1, 2, 3);

    -- Answered after the commit: a caller that does not read must not keep the rows locked.
    INSERT INTO @Answer ([Ordinal], [Outcome])
    SELECT w.[Ordinal], CASE WHEN t.[Id] IS NULL THEN 'unknown' WHEN c.[TaskId] IS NULL THEN 'ended'
                WHEN t.[WorkerId] IS NULL THEN 'cancelled' ELSE 'requested' END
    FROM @TaskIds AS w
    LEFT JOIN @Touched AS c ON c.[TaskId] = w.[TaskId]
    LEFT JOIN [EverTask].[QueuedTasks] AS t ON t.[Id] = w.[TaskId];

    COMMIT TRANSACTION;

    SELECT a.[Outcome] AS [Outcome] FROM @Answer AS a ORDER BY a.[Ordinal];
END
GO
`,"usp_SaveExecutionLogs.sql":`-- Stores log lines, of any number of tasks: one call, one transaction. Each task's lines are numbered in the order of the
-- list, going on from its last. Lines of tasks that do not exist are left out.
--
-- Answers nothing.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_SaveExecutionLogs];
GO
CREATE PROCEDURE [EverTask].[usp_SaveExecutionLogs]
    @Lines [EverTask].[LogLineList] READONLY
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @Counted TABLE ([TaskId] uniqueidentifier NOT NULL PRIMARY KEY, [Lines] int NOT NULL);

    INSERT INTO @Counted ([TaskId], [Lines]) SELECT l.[TaskId], COUNT(*) FROM @Lines AS l GROUP BY l.[TaskId]
    ORDER BY l.[TaskId]; -- in which all lists lock

    BEGIN TRANSACTION;

    -- The task's row keeps the last number: it is locked until the lines are stored, so that no number is given twice, and
    -- it outlives lines that retention has deleted.
    UPDATE t
    SET [LastLogSequence] = t.[LastLogSequence] + c.[Lines]
    FROM [EverTask].[QueuedTasks] AS t
    INNER JOIN @Counted AS c ON c.[TaskId] = t.[Id]
    OPTION (LOOP JOIN);

    INSERT INTO [EverTask].[TaskExecutionLog] ([TaskId], [TimestampUtc], [Level], [Message], [ExceptionDetails], [RunNumber], [SequenceNumber])
    SELECT l.[TaskId], DATEADD(millisecond, -(l.[AgoMs] % 86400000), DATEADD(day, -(l.[AgoMs] / 86400000), @Now)), l.[Level], l.[Message], l.[Exception], l.[RunNumber],
        t.[LastLogSequence] - c.[Lines] + ROW_NUMBER() OVER (PARTITION BY l.[TaskId] ORDER BY l.[Ordinal])
    FROM @Lines AS l
    INNER JOIN [EverTask].[QueuedTasks] AS t ON t.[Id] = l.[TaskId]
    INNER JOIN @Counted AS c ON c.[TaskId] = l.[TaskId]
    ORDER BY l.[Ordinal];

    COMMIT TRANSACTION;
END
GO
`,"usp_SetQueuePaused.sql":`-- Pauses or resumes a queue for all workers of the store: a paused queue's tasks are not claimed. Answers nothing.
--
--   EXEC [EverTask].[usp_SetQueuePaused] @QueueName = N'email', @Paused = 1;

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_SetQueuePaused];
GO
CREATE PROCEDURE [EverTask].[usp_SetQueuePaused]
    @QueueName nvarchar(200),
    @Paused    bit
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    IF @Paused = 0
        DELETE FROM [EverTask].[PausedQueues] WHERE [QueueName] = @QueueName;
    ELSE
        INSERT INTO [EverTask].[PausedQueues] ([QueueName], [PausedAtUtc])
        SELECT @QueueName, SYSUTCDATETIME()
        WHERE NOT EXISTS (SELECT 1 FROM [EverTask].[PausedQueues] WHERE [QueueName] = @QueueName);
END
GO
`,"usp_SetTaskStatus.sql":`-- Changes one task's status and writes the StatusAudit row that the audit level asks for: one call, one transaction, no
-- query before. Nothing is written when the task does not exist, or when a lease is given that is no longer held.
--
--   EXEC [EverTask].[usp_SetTaskStatus] @TaskId = '01900000-0000-7000-8000-000000000001', @Status = N'Completed';
--
-- Everything after @AuditLevel is for workers. Answers one row: Applied (1 or 0).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_SetTaskStatus];
GO
CREATE PROCEDURE [EverTask].[usp_SetTaskStatus]
    @TaskId          uniqueidentifier,
    @Status          nvarchar(15),         -- WaitingQueue, Queued, InProgress, Pending, Cancelled, Completed, Failed, ServiceStopped
    @Exception       nvarchar(max) = NULL,
    @AuditLevel      int = 0,              -- 0 Full, 1 Minimal, 2 ErrorsOnly, 3 None; NULL: Full
    @ExecutionTimeMs float = NULL,         -- of the execution that ended
    @AgoMs           bigint = 0,           -- how long ago it happened
    @WorkerId        nvarchar(100) = NULL, -- with @LeaseToken: only while the lease is held
    @LeaseToken      bigint = NULL,
    @DueInMs         bigint = NULL,        -- when the task can be claimed again
    @ReturnAttempt   bit = 0,              -- what ended was no attempt
    @RateSlotUtc     datetimeoffset(3) = NULL
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @At datetimeoffset(3) = DATEADD(millisecond, -(@AgoMs % 86400000), DATEADD(day, -(@AgoMs / 86400000), @Now));
    DECLARE @DueAt datetimeoffset(3) =
        DATEADD(millisecond, @DueInMs % 86400000, DATEADD(day, @DueInMs / 86400000, @Now));
    DECLARE @KeepsLease bit =
        CASE WHEN @Status IN (N'Queued', N'InProgress') AND @DueInMs IS NULL THEN 1 ELSE 0 END;
    DECLARE @KeepsExecution bit = CASE WHEN @ExecutionTimeMs IS NULL OR @AuditLevel = 3 THEN 1 ELSE 0 END;
    DECLARE @Applied bit = 0;

    BEGIN TRANSACTION;

    UPDATE [EverTask].[QueuedTasks]
    SET [Status] = @Status,
        [Exception] = @Exception,
        [WorkerId] = CASE WHEN @KeepsLease = 1 THEN [WorkerId] END,
        -- A task that was asked to be cancelled waits for nothing: whoever claims it next is to see that.
        [DueAtUtc] = CASE WHEN @KeepsLease = 1 THEN [DueAtUtc]
                          WHEN @DueInMs IS NOT NULL AND [CancelRequested] = 1 THEN @Now
                          ELSE @DueAt END,
        [CancelRequested] = CASE WHEN @KeepsLease = 1 OR @DueInMs IS NOT NULL THEN [CancelRequested] ELSE 0 END,
        [Attempt] = CASE WHEN @ReturnAttempt = 1 AND [Attempt] > 0 THEN [Attempt] - 1 ELSE [Attempt] END,
        [RateSlotUtc] = @RateSlotUtc,
        [ExecutionTimeMs] = CASE WHEN @KeepsExecution = 1 THEN [ExecutionTimeMs] ELSE @ExecutionTimeMs END,
        [LastExecutionUtc] = CASE WHEN @KeepsExecution = 1 THEN [LastExecutionUtc] ELSE @At END
    WHERE [Id] = @TaskId
        AND (@WorkerId IS NULL OR ([WorkerId] = @WorkerId AND [LeaseToken] = @LeaseToken));

    IF @@ROWCOUNT > 0
        SET @Applied = 1;

    -- Full audits every change; Minimal and ErrorsOnly audit errors; None audits nothing.
    IF @Applied = 1
        AND (ISNULL(@AuditLevel, 0) NOT IN (1, 2, 3)
            OR (@AuditLevel IN (1, 2) AND (@Status IN (N'Failed', N'ServiceStopped') OR @Exception IS NOT NULL)))
        INSERT INTO [EverTask].[StatusAudit] ([QueuedTaskId], [UpdatedAtUtc], [NewStatus], [Exception])
        VALUES (@TaskId, @At, @Status, @Exception);

    COMMIT TRANSACTION;

    SELECT @Applied AS [Applied];
END
GO
`,"usp_SetTaskStatuses.sql":`-- usp_SetTaskStatus for many tasks: one call, one transaction, one UPDATE. A task may have gone through several statuses
-- since the last write; each writes its audit row, with its own time.
--
--   @Changes  a task at most once
--   @Steps    at least one a change; the one that Changes.LastStep names is how the task stands
--
-- Answers a row a change, in order: Applied (1 or 0).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_SetTaskStatuses];
GO
CREATE PROCEDURE [EverTask].[usp_SetTaskStatuses]
    @Changes [EverTask].[StatusChangeList] READONLY,
    @Steps   [EverTask].[StatusStepList]   READONLY
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @Applied TABLE ([TaskId] uniqueidentifier NOT NULL PRIMARY KEY);

    BEGIN TRANSACTION;

    -- The target stands without an alias here and wherever else OUTPUT is: Babelfish takes aliases wrong there. Loop joins
    -- keep the plan to a seek a task, whatever the statistics say.
    UPDATE [EverTask].[QueuedTasks]
    SET [Status] = c.[Status],
        [Exception] = c.[Exception],
        [WorkerId] = CASE WHEN c.[KeepsLease] = 1 THEN [QueuedTasks].[WorkerId] END,
        -- A task that was asked to be cancelled waits for nothing: whoever claims it next is to see that.
        [DueAtUtc] = CASE WHEN c.[KeepsLease] = 1 THEN [QueuedTasks].[DueAtUtc]
                          WHEN c.[DueInMs] IS NOT NULL AND [QueuedTasks].[CancelRequested] = 1 THEN @Now
                          ELSE DATEADD(millisecond, c.[DueInMs] % 86400000, DATEADD(day, c.[DueInMs] / 86400000, @Now)) END,
        [CancelRequested] = CASE WHEN c.[KeepsLease] = 1 OR c.[DueInMs] IS NOT NULL
                                 THEN [QueuedTasks].[CancelRequested] ELSE 0 END,
        [Attempt] = CASE WHEN c.[ReturnAttempt] = 1 AND [QueuedTasks].[Attempt] > 0
                         THEN [QueuedTasks].[Attempt] - 1 ELSE [QueuedTasks].[Attempt] END,
        [RateSlotUtc] = CONVERT(datetimeoffset(3), c.[RateSlotUtc]),
        [ExecutionTimeMs] = CASE WHEN c.[KeepsExecution] = 1 THEN [QueuedTasks].[ExecutionTimeMs] ELSE c.[ExecutionTimeMs] END,
        [LastExecutionUtc] = CASE WHEN c.[KeepsExecution] = 1 THEN [QueuedTasks].[LastExecutionUtc]
            ELSE DATEADD(millisecond, -(c.[AgoMs] % 86400000), DATEADD(day, -(c.[AgoMs] / 86400000), @Now)) END
    OUTPUT inserted.[Id] INTO @Applied ([TaskId])
    FROM (
        SELECT l.[TaskId], l.[WorkerId], l.[LeaseToken], l.[DueInMs], l.[ReturnAttempt], l.[RateSlotUtc],
            l.[ExecutionTimeMs], s.[Status], s.[Exception], s.[AgoMs],
            CASE WHEN s.[Status] IN (N'Queued', N'InProgress') AND l.[DueInMs] IS NULL THEN 1 ELSE 0 END AS [KeepsLease],
            CASE WHEN l.[ExecutionTimeMs] IS NULL OR l.[AuditLevel] = 3 THEN 1 ELSE 0 END AS [KeepsExecution]
        FROM @Changes AS l
        INNER JOIN @Steps AS s ON s.[Ordinal] = l.[Ordinal] AND s.[Step] = l.[LastStep]
    ) AS c
    WHERE [QueuedTasks].[Id] = c.[TaskId]
        AND (c.[WorkerId] IS NULL OR ([QueuedTasks].[WorkerId] = c.[WorkerId] AND [QueuedTasks].[LeaseToken] = c.[LeaseToken]))
    OPTION (LOOP JOIN);

    -- Full audits every change; Minimal and ErrorsOnly audit errors; None audits nothing.
    INSERT INTO [EverTask].[StatusAudit] ([QueuedTaskId], [UpdatedAtUtc], [NewStatus], [Exception])
    SELECT c.[TaskId], DATEADD(millisecond, -(s.[AgoMs] % 86400000), DATEADD(day, -(s.[AgoMs] / 86400000), @Now)),
        s.[Status], s.[Exception]
    FROM @Steps AS s
    INNER JOIN @Changes AS c ON c.[Ordinal] = s.[Ordinal]
    INNER JOIN @Applied AS a ON a.[TaskId] = c.[TaskId]
    WHERE ISNULL(c.[AuditLevel], 0) NOT IN (1, 2, 3)
        OR (c.[AuditLevel] IN (1, 2) AND (s.[Status] IN (N'Failed', N'ServiceStopped') OR s.[Exception] IS NOT NULL))
    ORDER BY s.[Ordinal], s.[Step];

    COMMIT TRANSACTION;

    SELECT CASE WHEN a.[TaskId] IS NULL THEN 0 ELSE 1 END AS [Applied]
    FROM @Changes AS c
    LEFT JOIN @Applied AS a ON a.[TaskId] = c.[TaskId]
    ORDER BY c.[Ordinal];
END
GO
`,"usp_TakeRateSlots.sql":`-- Takes rate limit slots by the generic cell rate algorithm with reservations (ITU-T I.371), in the order of the list, by this
-- server's clock: one small row a key holds two theoretical arrival times (TAT), of what is reserved and of what has started,
-- in fractional epoch milliseconds. What is done with them, and why, is in src/rate_limit/gcra.ts.
--
-- Answers two recordsets: NowMs; a row a request, in order: SlotMs and Granted (1 or 0; 0: nothing was reserved).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_TakeRateSlots];
GO
CREATE PROCEDURE [EverTask].[usp_TakeRateSlots]
    @Requests [EverTask].[RateSlotRequestList] READONLY
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @Key TABLE ([RateKey] nvarchar(400) COLLATE Latin1_General_BIN2 NOT NULL PRIMARY KEY);
    DECLARE @Slot TABLE ([Ordinal] int NOT NULL PRIMARY KEY, [SlotMs] float NOT NULL, [Granted] bit NOT NULL);
    DECLARE @NowMs float, @Turn int, @RateKey nvarchar(400), @IntervalMs float, @ToleranceMs float, @StartEmpty bit, @HorizonMs float,
        @ReservedMs float, @GraceMs float, @StartsByMs float, @ReservedTatMs float, @StartedTatMs float, @LeewayMs float, @NextTatMs float, @SlotMs float,
        @Granted bit, @Stored bit;

    INSERT INTO @Key ([RateKey]) SELECT DISTINCT r.[RateKey] FROM @Requests AS r ORDER BY r.[RateKey];

    BEGIN TRANSACTION;

    -- Locks all rows first, by one statement in the order of the key, so that two lists with the same keys in another
    -- order do not wait for each other; and reads the clock after that, so that it is not behind what others reserved.
    UPDATE r
    SET [StartedTatMs] = r.[StartedTatMs]
    FROM [EverTask].[RateLimits] AS r
    INNER JOIN @Key AS k ON k.[RateKey] = r.[RateKey]
    OPTION (LOOP JOIN);

    SET @NowMs = DATEDIFF_BIG(millisecond, CONVERT(datetime2(3), '1970-01-01'), CONVERT(datetime2(3), SYSUTCDATETIME()));

    SELECT @Turn = MIN([Ordinal]) FROM @Requests;
    WHILE @Turn IS NOT NULL
    BEGIN
        SELECT @RateKey = [RateKey], @IntervalMs = [IntervalMs], @ToleranceMs = ([Burst] - 1) * [IntervalMs],
            @StartEmpty = [StartEmpty], @HorizonMs = [HorizonMs], @ReservedMs = [ReservedMs], @GraceMs = [GraceMs],
            @StartsByMs = @NowMs + [StartWithinMs]
        FROM @Requests WHERE [Ordinal] = @Turn;

        SET @ReservedTatMs = NULL;
        SELECT @ReservedTatMs = [ReservedTatMs], @StartedTatMs = [StartedTatMs]
        FROM [EverTask].[RateLimits] WHERE [RateKey] = @RateKey;
        SET @Stored = CASE WHEN @ReservedTatMs IS NULL THEN 0 ELSE 1 END;
        IF @Stored = 0
        BEGIN
            SET @ReservedTatMs = CASE WHEN @StartEmpty = 1 THEN @NowMs + @ToleranceMs ELSE @NowMs END;
            SET @StartedTatMs = @ReservedTatMs;
        END;

        SET @LeewayMs = @GraceMs + 1;
        SET @NextTatMs = CASE WHEN @StartedTatMs < @StartsByMs THEN @StartsByMs ELSE @StartedTatMs END + @IntervalMs;
        SET @Granted = 1;

        IF @ReservedMs > @NowMs
            SET @SlotMs = @ReservedMs;
        ELSE
        BEGIN
            IF @ReservedMs IS NOT NULL
                AND @StartedTatMs - @ToleranceMs - CASE WHEN @NowMs - @ReservedMs <= @GraceMs THEN @LeewayMs ELSE 0 END <= @NowMs
            BEGIN
                SET @SlotMs = @NowMs;
                SET @StartedTatMs = @NextTatMs;
            END;
            ELSE
            BEGIN
                IF @ReservedTatMs < @StartedTatMs - @LeewayMs
                    SET @ReservedTatMs = @StartedTatMs - @LeewayMs;

                -- A microsecond is the noise of sums of fractions.
                SET @SlotMs = CEILING(@ReservedTatMs - @ToleranceMs - 0.001E0);
                IF @SlotMs < @NowMs
                    SET @SlotMs = @NowMs;

                SET @Granted = CASE WHEN @SlotMs <= @NowMs + @HorizonMs THEN 1 ELSE 0 END;
                SET @ReservedTatMs = CASE WHEN @ReservedTatMs < @NowMs THEN @NowMs ELSE @ReservedTatMs END + @IntervalMs;
                IF @SlotMs = @NowMs
                    SET @StartedTatMs = @NextTatMs;
            END;

            IF @Granted = 1 AND @Stored = 1
                UPDATE [EverTask].[RateLimits] SET [ReservedTatMs] = @ReservedTatMs, [StartedTatMs] = @StartedTatMs
                WHERE [RateKey] = @RateKey;
            IF @Granted = 1 AND @Stored = 0
                INSERT INTO [EverTask].[RateLimits] ([RateKey], [ReservedTatMs], [StartedTatMs])
                VALUES (@RateKey, @ReservedTatMs, @StartedTatMs);
        END;

        INSERT INTO @Slot ([Ordinal], [SlotMs], [Granted]) VALUES (@Turn, @SlotMs, @Granted);

        SELECT @Turn = MIN([Ordinal]) FROM @Requests WHERE [Ordinal] > @Turn;
    END;

    COMMIT TRANSACTION;

    SELECT @NowMs AS [NowMs];

    SELECT s.[SlotMs] AS [SlotMs], s.[Granted] AS [Granted] FROM @Slot AS s ORDER BY s.[Ordinal];
END
GO
`,"usp_UnregisterWorker.sql":`-- Removes a worker at a clean end. Tasks that it still holds are found by usp_ReleaseLost. Answers nothing.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_UnregisterWorker];
GO
CREATE PROCEDURE [EverTask].[usp_UnregisterWorker]
    @WorkerId nvarchar(100)
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DELETE FROM [EverTask].[Workers] WHERE [Id] = @WorkerId;
END
GO
`,"usp_UpdateCurrentRun.sql":`-- Ends a run of a recurring task: run count + 1 (it stays at 2147483647), next run (NULL ends the series), last
-- execution, and the RunsAudit and StatusAudit rows that the audit level asks for: one call, one transaction. Nothing is
-- written when there is no such recurring task, or when a lease is given that is no longer held.
--
--   EXEC [EverTask].[usp_UpdateCurrentRun] @TaskId = '01900000-0000-7000-8000-000000000001', @ExecutionTimeMs = 12.5,
--       @NextRunUtc = '2030-01-01T00:00:00Z', @AuditLevel = 1, @Status = N'Completed';
--
-- Answers one row: Applied (1 or 0).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_UpdateCurrentRun];
GO
CREATE PROCEDURE [EverTask].[usp_UpdateCurrentRun]
    @TaskId          uniqueidentifier,
    @ExecutionTimeMs float,
    @NextRunUtc      datetimeoffset(3) = NULL,
    @AuditLevel      int = 0,              -- 0 Full, 1 Minimal, 2 ErrorsOnly, 3 None; NULL: Full
    @Status          nvarchar(15) = NULL,  -- how the run ended; NULL: status and exception were set before, and stay
    @Exception       nvarchar(max) = NULL,
    @AgoMs           bigint = 0,           -- how long ago it ended
    @WorkerId        nvarchar(100) = NULL, -- with @LeaseToken: only while the lease is held
    @LeaseToken      bigint = NULL,
    @Counts          bit = 1               -- 0: the occurrence was skipped; the series moves on, but nothing ran
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @At datetimeoffset(3) = DATEADD(millisecond, -(@AgoMs % 86400000), DATEADD(day, -(@AgoMs / 86400000), @Now));
    DECLARE @Changed bit = CASE WHEN @Status IS NULL THEN 0 ELSE 1 END;
    DECLARE @Applied bit = 0;

    BEGIN TRANSACTION;

    UPDATE [EverTask].[QueuedTasks]
    SET [Status] = COALESCE(@Status, [Status]),
        [Exception] = CASE WHEN @Changed = 1 THEN @Exception ELSE [Exception] END,
        [WorkerId] = NULL,
        [NextRunUtc] = @NextRunUtc,
        [DueAtUtc] = CASE WHEN @NextRunUtc IS NOT NULL AND [CancelRequested] = 1 THEN @Now ELSE @NextRunUtc END,
        [CancelRequested] = CASE WHEN @NextRunUtc IS NULL THEN 0 ELSE [CancelRequested] END,
        [Attempt] = 0,
        [LostCount] = 0,
        [RateSlotUtc] = NULL,
        [CurrentRunCount] = CASE WHEN @Counts = 0 OR [CurrentRunCount] = 2147483647 THEN [CurrentRunCount]
                                 ELSE ISNULL([CurrentRunCount], 0) + 1 END,
        [ExecutionTimeMs] = CASE WHEN @Counts = 1 THEN @ExecutionTimeMs ELSE [ExecutionTimeMs] END,
        [LastExecutionUtc] = CASE WHEN @Counts = 1 THEN @At ELSE [LastExecutionUtc] END
    WHERE [Id] = @TaskId AND [IsRecurring] = 1
        AND (@WorkerId IS NULL OR ([WorkerId] = @WorkerId AND [LeaseToken] = @LeaseToken));

    IF @@ROWCOUNT > 0
        SET @Applied = 1;
    IF @Changed = 0
        SELECT @Status = [Status], @Exception = [Exception] FROM [EverTask].[QueuedTasks] WHERE [Id] = @TaskId;

    -- Full audits every change; Minimal and ErrorsOnly audit errors; None audits nothing.
    IF @Applied = 1 AND @Changed = 1
        AND (ISNULL(@AuditLevel, 0) NOT IN (1, 2, 3)
            OR (@AuditLevel IN (1, 2) AND (@Status IN (N'Failed', N'ServiceStopped') OR @Exception IS NOT NULL)))
        INSERT INTO [EverTask].[StatusAudit] ([QueuedTaskId], [UpdatedAtUtc], [NewStatus], [Exception])
        VALUES (@TaskId, @At, @Status, @Exception);

    -- Full and Minimal audit every run; ErrorsOnly audits errors; None audits nothing.
    IF @Applied = 1 AND @Counts = 1
        AND (ISNULL(@AuditLevel, 0) NOT IN (2, 3)
            OR (@AuditLevel = 2 AND (@Status IN (N'Failed', N'ServiceStopped') OR @Exception IS NOT NULL)))
        INSERT INTO [EverTask].[RunsAudit] ([QueuedTaskId], [ExecutedAt], [ExecutionTimeMs], [Status], [Exception])
        VALUES (@TaskId, @At, @ExecutionTimeMs, @Status, @Exception);

    COMMIT TRANSACTION;

    SELECT @Applied AS [Applied];
END
GO
`,"usp_UpdateCurrentRuns.sql":`-- usp_UpdateCurrentRun for many tasks: one call, one transaction, one UPDATE. A task may have gone through several
-- statuses since the last write; each writes its audit row, with its own time.
--
--   @Runs   a task at most once
--   @Steps  at least one a run; the one that Runs.LastStep names is how the run ended
--
-- Answers a row a run, in order: Applied (1 or 0).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_UpdateCurrentRuns];
GO
CREATE PROCEDURE [EverTask].[usp_UpdateCurrentRuns]
    @Runs  [EverTask].[RunEndList]     READONLY,
    @Steps [EverTask].[StatusStepList] READONLY
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @Applied TABLE ([TaskId] uniqueidentifier NOT NULL PRIMARY KEY);

    BEGIN TRANSACTION;

    UPDATE [EverTask].[QueuedTasks]
    SET [Status] = r.[Status],
        [Exception] = r.[Exception],
        [WorkerId] = NULL,
        [NextRunUtc] = r.[NextRunUtc],
        [DueAtUtc] = CASE WHEN r.[NextRunUtc] IS NOT NULL AND [QueuedTasks].[CancelRequested] = 1 THEN @Now
                          ELSE r.[NextRunUtc] END,
        [CancelRequested] = CASE WHEN r.[NextRunUtc] IS NULL THEN 0 ELSE [QueuedTasks].[CancelRequested] END,
        [Attempt] = 0,
        [LostCount] = 0,
        [RateSlotUtc] = NULL,
        [CurrentRunCount] = CASE WHEN r.[Counts] = 0 OR [QueuedTasks].[CurrentRunCount] = 2147483647
                                 THEN [QueuedTasks].[CurrentRunCount]
                                 ELSE ISNULL([QueuedTasks].[CurrentRunCount], 0) + 1 END,
        [ExecutionTimeMs] = CASE WHEN r.[Counts] = 1 THEN r.[ExecutionTimeMs] ELSE [QueuedTasks].[ExecutionTimeMs] END,
        [LastExecutionUtc] = CASE WHEN r.[Counts] = 0 THEN [QueuedTasks].[LastExecutionUtc]
            ELSE DATEADD(millisecond, -(r.[AgoMs] % 86400000), DATEADD(day, -(r.[AgoMs] / 86400000), @Now)) END
    OUTPUT inserted.[Id] INTO @Applied ([TaskId])
    FROM (
        SELECT l.[TaskId], l.[WorkerId], l.[LeaseToken], l.[ExecutionTimeMs], l.[Counts],
            CONVERT(datetimeoffset(3), l.[NextRunUtc]) AS [NextRunUtc], s.[Status], s.[Exception], s.[AgoMs]
        FROM @Runs AS l
        INNER JOIN @Steps AS s ON s.[Ordinal] = l.[Ordinal] AND s.[Step] = l.[LastStep]
    ) AS r
    WHERE [QueuedTasks].[Id] = r.[TaskId] AND [QueuedTasks].[IsRecurring] = 1
        AND (r.[WorkerId] IS NULL OR ([QueuedTasks].[WorkerId] = r.[WorkerId] AND [QueuedTasks].[LeaseToken] = r.[LeaseToken]))
    OPTION (LOOP JOIN);

    -- Full audits every change; Minimal and ErrorsOnly audit errors; None audits nothing.
    INSERT INTO [EverTask].[StatusAudit] ([QueuedTaskId], [UpdatedAtUtc], [NewStatus], [Exception])
    SELECT r.[TaskId], DATEADD(millisecond, -(s.[AgoMs] % 86400000), DATEADD(day, -(s.[AgoMs] / 86400000), @Now)),
        s.[Status], s.[Exception]
    FROM @Steps AS s
    INNER JOIN @Runs AS r ON r.[Ordinal] = s.[Ordinal]
    INNER JOIN @Applied AS a ON a.[TaskId] = r.[TaskId]
    WHERE ISNULL(r.[AuditLevel], 0) NOT IN (1, 2, 3)
        OR (r.[AuditLevel] IN (1, 2) AND (s.[Status] IN (N'Failed', N'ServiceStopped') OR s.[Exception] IS NOT NULL))
    ORDER BY s.[Ordinal], s.[Step];

    -- Full and Minimal audit every run; ErrorsOnly audits errors; None audits nothing.
    INSERT INTO [EverTask].[RunsAudit] ([QueuedTaskId], [ExecutedAt], [ExecutionTimeMs], [Status], [Exception])
    SELECT r.[TaskId], DATEADD(millisecond, -(s.[AgoMs] % 86400000), DATEADD(day, -(s.[AgoMs] / 86400000), @Now)),
        r.[ExecutionTimeMs], s.[Status], s.[Exception]
    FROM @Runs AS r
    INNER JOIN @Steps AS s ON s.[Ordinal] = r.[Ordinal] AND s.[Step] = r.[LastStep]
    INNER JOIN @Applied AS a ON a.[TaskId] = r.[TaskId]
    WHERE r.[Counts] = 1
        AND (ISNULL(r.[AuditLevel], 0) NOT IN (2, 3)
            OR (r.[AuditLevel] = 2 AND (s.[Status] IN (N'Failed', N'ServiceStopped') OR s.[Exception] IS NOT NULL)))
    ORDER BY r.[Ordinal];

    COMMIT TRANSACTION;

    SELECT CASE WHEN a.[TaskId] IS NULL THEN 0 ELSE 1 END AS [Applied]
    FROM @Runs AS r
    LEFT JOIN @Applied AS a ON a.[TaskId] = r.[TaskId]
    ORDER BY r.[Ordinal];
END
GO
`};var Uc=Object.keys(_a),Ra=Uc.filter(t=>/^\d{4}_/.test(t)),wa=Uc.filter(t=>t.startsWith("usp_")).map(t=>t.slice(0,-4)),Xe=ga(Ra.at(-1));function ga(t){return Number(t.slice(0,4))}function Mc(t){if(typeof t=="string"&&/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(t))return t;throw new h("schema",t,"be an identifier of ASCII letters, digits and underscores, at most 128 long, that begins with no digit")}function $t(t,e){return t.replaceAll("[EverTask]",`[${e}]`)}function vc(t,e){return bm($t(_a[t],e))}function bm(t){return t.split(/^[ \t]*GO[ \t]*\r?$/im).filter(e=>e.split(`
`).some(s=>s.trim()!==""&&!s.trim().startsWith("--")))}var Fm=new Set(["usp_ReleaseLost","usp_Purge"]),qm=10,Wm=5,Zr=class{schema;isBabelfish=!1;#e;#t=null;constructor(e,s){this.#e=e,this.schema=s}async connect(){if(this.#t!==null)return;let e=this.#e,s=lt(e)?e:new w.ConnectionPool(e);lt(e)||s.on("error",()=>{});try{await s.connect()}catch(r){throw Pt(r)}this.#t=s}async close(){let e=this.#t;if(this.#t=null,!(e===null||lt(this.#e)))try{await e.close()}catch(s){throw Pt(s)}}async call(e,s,r){for(let n=0;;n++)try{return await this.#s(e,s,r)}catch(a){if(!(r===void 0&&n<Wm&&Cc(a)))throw Pt(a)}}async query(e,s={},r=!1){try{let{recordsets:n}=await this.#n(this.#r(),s,r).query($t(e,this.schema));return n}catch(n){throw Pt(n)}}async transaction(e){let s=Sc(this.#a());try{await s.begin();let r=await e(s);return await s.commit(),r}catch(r){throw await s.rollback().catch(()=>{}),Pt(r)}}async#s(e,s,r){let n=this.#r(r),a={procedure:e,schema:this.schema,parameters:s};if(this.isBabelfish&&wc(a))return await gc(a,n,u=>r===void 0?this.transaction(u):u(n));let i=this.#n(n,s,Fm.has(e)),{recordsets:o}=await i.execute(`[${this.schema}].[${e}]`);return o}#r(e){let s=this.#a();return e===void 0?s:Ac(e)}#n(e,s,r){let n=this.#e,a=lt(n)?void 0:n.requestTimeout,i=r&&a!==void 0?e.request({requestTimeout:qm*a}):e.request();return Lc(i,s,this.schema),i}#a(){if(this.#t!==null)return this.#t;throw new we("The SQL Server storage is not open: call `open` first.")}};var qc=["schema","migrate","polling"],bc=36e5;function Wc(t){let e=Hm(t),{connection:s,schema:r="EverTask",migrate:n=!0,polling:a={}}=e;if(typeof n!="boolean")throw new h("migrate",n,"be true or false");return{connection:Pm(s),schema:Mc(r),migrate:n,polling:$m(a)}}function Hm(t){return typeof t=="object"&&t!==null&&"connection"in t&&!("request"in t)?(g(t,["connection",...qc],"options"),t):{connection:t}}function Pm(t){if(typeof t=="string"&&t!=="")return Sa(t);if(typeof t!="object"||t===null)throw new h("connection",t===""?"":typeof t,"be a URL, a connection string, a configuration of mssql or a ConnectionPool: is the environment variable set?");if(lt(t))return t;let e=qc.find(s=>s in t);if(e===void 0)return Sa(t);throw new h(e,"a member of the configuration of mssql","stand beside the configuration: { connection: { server, \u2026 }, \u2026options }")}function $m(t){g(t,["busyMs","idleMs"],"polling");let{idleMs:e=1e3}=t;Fc(e,"polling.idleMs");let{busyMs:s=Math.min(50,e)}=t;if(Fc(s,"polling.busyMs"),s<=e)return{busyMs:s,idleMs:e};throw new h("polling.busyMs",s,`be at most polling.idleMs (${e})`)}function Fc(t,e){if(!(typeof t=="number"&&t>=1&&t<=bc))throw new h(e,t,`be a number of milliseconds from 1 to ${bc}`)}var Gm=Date.parse("0001-01-01T00:00:00.000Z"),Bm=Date.parse("9999-12-31T23:59:59.999Z"),Hc=2e14;function Fe(t){return t===null?null:new Date(Math.min(Math.max(Math.round(t),Gm),Bm)).toISOString()}function Gt(t){let e=Fe(t);return e===null?null:new Date(e)}function se(t){return Math.min(Math.max(Math.round(t),-Hc),Hc)}var qe="",Pc=`${qe}@`,$c=`${qe}P`;function b(t){if(t===null)return null;let e=t.toWellFormed();return!e.includes("\0")&&!e.includes(qe)?e:e.replaceAll(qe,$c).replaceAll("\0",Pc)}function re(t){return t===null||!t.includes(qe)?t:t.replaceAll(Pc,"\0").replaceAll($c,qe)}function F(t,e,s){let r=b(t),n=r.endsWith(" ")?`${r}${qe}`:r;if(n.length<=s)return n;throw new h(e,t,`be at most ${s} characters long`)}function $(t){return t===null||!t.includes(qe)?t:re(t.endsWith(` ${qe}`)?t.slice(0,-1):t)}var L={type:500,handler:500,queue:200,taskKey:200,worker:100,host:400,status:15,logLevel:20,rateKey:400};var U=()=>w.Int(),Ze=()=>w.BigInt(),Qm=()=>w.SmallInt(),Ve=()=>w.Float(),en=()=>w.Bit(),Bt=()=>w.UniqueIdentifier(),ht=()=>w.VarChar(30),Je=()=>w.NVarChar(w.MAX),ne=t=>()=>w.NVarChar(t);function We(t,e){return{name:t,columns:e}}var Gc=We("TaskIdList",{Ordinal:U,TaskId:Bt}),Oa=We("NameList",{Ordinal:U,Name:ne(L.type),Limit:U}),Bc=We("NewTaskList",{Ordinal:U,Id:Bt,Type:ne(L.type),Handler:ne(L.handler),Request:Je,Status:ne(L.status),DueInMs:Ze,DueAtUtc:ht,AuditLevel:U,QueueName:ne(L.queue),Priority:Qm,TaskKey:ne(L.taskKey),TraceContext:Je,RetryPolicy:Je,ClaimFor:ne(L.worker),IsRecurring:en,RecurringTask:Je,RecurringInfo:Je,AnchorUtc:ht,MaxRuns:U,RunUntil:ht,NextRunUtc:ht}),Qc=We("StatusChangeList",{TaskId:Bt,Ordinal:U,LastStep:U,AuditLevel:U,WorkerId:ne(L.worker),LeaseToken:Ze,DueInMs:Ze,ReturnAttempt:en,RateSlotUtc:ht,ExecutionTimeMs:Ve}),Yc=We("RunEndList",{TaskId:Bt,Ordinal:U,LastStep:U,AuditLevel:U,WorkerId:ne(L.worker),LeaseToken:Ze,ExecutionTimeMs:Ve,NextRunUtc:ht,Counts:en}),Kc=We("StatusStepList",{Ordinal:U,Step:U,Status:ne(L.status),Exception:Je,AgoMs:Ze}),jc=We("ReleasedTaskList",{Ordinal:U,TaskId:Bt,LeaseToken:Ze,DueAtUtc:ht}),zc=We("RateSlotRequestList",{Ordinal:U,RateKey:ne(L.rateKey),IntervalMs:Ve,Burst:Ve,StartEmpty:en,HorizonMs:Ve,ReservedMs:Ve,GraceMs:Ve,StartWithinMs:Ve}),Xc=We("LogLineList",{Ordinal:U,TaskId:Bt,AgoMs:Ze,Level:ne(L.logLevel),Message:Je,Exception:Je,RunNumber:Ze});function Qt(t){return F(t,"workerId",L.worker)}function tn(t){return le(Gc,t.map((e,s)=>({Ordinal:s,TaskId:e})))}function ya(t){let e=t.map((s,r)=>({Ordinal:r,Name:F(s,"type",L.type),Limit:null}));return le(Oa,e)}function Ia(t){let e=t.map(({name:s,limit:r=null},n)=>({Ordinal:n,Name:F(s,"queue",L.queue),Limit:r}));return le(Oa,e)}function Vc(t){let e=t.map((s,r)=>({Ordinal:r+1,Id:s.id,Type:F(s.type,"type",L.type),Handler:F(s.handler,"handler",L.handler),Request:b(s.request),Status:s.status,DueInMs:"inMs"in s.due?se(s.due.inMs):null,DueAtUtc:"at"in s.due?Fe(s.due.at):null,AuditLevel:M(s.auditLevel),QueueName:F(s.queue,"queue",L.queue),Priority:s.priority,TaskKey:s.taskKey===null?null:F(s.taskKey,"taskKey",L.taskKey),TraceContext:b(s.traceContext),RetryPolicy:b(s.retryPolicy),ClaimFor:s.claimFor===null?null:Qt(s.claimFor),IsRecurring:s.series!==null,RecurringTask:b(s.series?.schedule??null),RecurringInfo:b(s.series?.info??null),AnchorUtc:Fe(s.series?.anchorAt??null),MaxRuns:s.series?.maxRuns??null,RunUntil:Fe(s.series?.runUntil??null),NextRunUtc:Fe(s.series?.nextRunAt??null)}));return le(Bc,e)}function Jc(t){let e=t.map((s,r)=>({...rd(s,r),DueInMs:s.dueInMs===void 0?null:se(s.dueInMs),ReturnAttempt:s.returnAttempt??!1,RateSlotUtc:Fe(s.rateSlotAt??null),ExecutionTimeMs:s.executionTimeMs??null}));return le(Qc,e)}function Zc(t){let e=t.map((s,r)=>({...rd(s,r),ExecutionTimeMs:s.executionTimeMs,NextRunUtc:Fe(s.nextRunAt),Counts:s.counts??!0}));return le(Yc,e)}function Ca(t){let e=t.flatMap(({steps:s},r)=>s.map(({status:n,exception:a,agoMs:i},o)=>({Ordinal:r,Step:o,Status:n,Exception:b(a),AgoMs:se(i)})));return le(Kc,e)}function ed(t){let e=t.map(({taskId:s,token:r,dueAt:n},a)=>({Ordinal:a,TaskId:s,LeaseToken:r,DueAtUtc:Fe(n)}));return le(jc,e)}function td(t){let e=t.map((s,r)=>({Ordinal:r,TaskId:s.taskId,AgoMs:se(s.agoMs),Level:s.level,Message:b(s.message),Exception:b(s.exception),RunNumber:s.run}));return le(Xc,e)}function sd(t){let e=t.map((s,r)=>({Ordinal:r+1,RateKey:F(s.key,"key",L.rateKey),IntervalMs:s.emissionIntervalMs,Burst:s.burst,StartEmpty:s.startEmpty,HorizonMs:Math.min(s.horizonMs,Number.MAX_SAFE_INTEGER),ReservedMs:s.reservedAt,GraceMs:s.graceMs,StartWithinMs:s.startWithinMs}));return le(zc,e)}function sn({steps:t,taskId:e}){let s=t.at(-1);if(s!==void 0)return s;throw new h(`steps of task ${e}`,t,"have at least one step")}function rd(t,e){return sn(t),{TaskId:t.taskId,Ordinal:e,LastStep:t.steps.length-1,AuditLevel:M(t.auditLevel),WorkerId:t.lease===void 0?null:Qt(t.lease.workerId),LeaseToken:t.lease===void 0?null:t.lease.token}}function xa(t,e){let s=t.map(r=>({item:r,key:Km(e(r))}));return s.sort((r,n)=>r.key<n.key?-1:r.key>n.key?1:0),s.map(({item:r})=>r)}async function Yt(t,e,s){if(t.length===0)return[];let r=xa(t.map((i,o)=>({item:i,index:o})),({item:i})=>e(i)),n=await s(r.map(({item:i})=>i)),a=new Array(t.length);for(let[i,{index:o}]of r.entries())a[o]=n[i];return a}function Km(t){return t.toLowerCase().split("-").reverse().join("")}var Da=`
    t.[Id] AS [Id], t.[Type] AS [Type], t.[Handler] AS [Handler], t.[Request] AS [Request], t.[Status] AS [Status],
    t.[Exception] AS [Exception], t.[AuditLevel] AS [AuditLevel], t.[QueueName] AS [QueueName],
    t.[Priority] AS [Priority], t.[TaskKey] AS [TaskKey], t.[CreatedAtUtc] AS [CreatedAtUtc],
    t.[ScheduledExecutionUtc] AS [ScheduledExecutionUtc], t.[DueAtUtc] AS [DueAtUtc],
    t.[LastExecutionUtc] AS [LastExecutionUtc], t.[ExecutionTimeMs] AS [ExecutionTimeMs], t.[Attempt] AS [Attempt],
    t.[LostCount] AS [LostCount], t.[WorkerId] AS [WorkerId], t.[LeaseToken] AS [LeaseToken],
    t.[CancelRequested] AS [CancelRequested], t.[RateSlotUtc] AS [RateSlotUtc], t.[TraceContext] AS [TraceContext],
    t.[RetryPolicy] AS [RetryPolicy],
    t.[IsRecurring] AS [IsRecurring], t.[RecurringTask] AS [RecurringTask], t.[RecurringInfo] AS [RecurringInfo],
    t.[AnchorUtc] AS [AnchorUtc], t.[MaxRuns] AS [MaxRuns], t.[RunUntil] AS [RunUntil],
    t.[NextRunUtc] AS [NextRunUtc], t.[CurrentRunCount] AS [CurrentRunCount]`,Kt="default";function Ua(t){return{...id(t),handler:$(ke(t.Handler)),exception:re(G(t.Exception)),scheduledAt:ae(t.ScheduledExecutionUtc),dueAt:ae(t.DueAtUtc),lastExecutionAt:ae(t.LastExecutionUtc),executionTimeMs:t.LastExecutionUtc===null?null:rn(t.ExecutionTimeMs),workerId:$(G(t.WorkerId))}}function ad(t){return{...id(t),dueAt:q(t.DueAtUtc)}}function id(t){return{id:Ee(t.Id),type:$(ke(t.Type)),request:re(ke(t.Request)),status:t.Status,auditLevel:J(rn(t.AuditLevel)),queue:$(G(t.QueueName))??Kt,priority:Number(t.Priority),taskKey:$(G(t.TaskKey)),createdAt:q(t.CreatedAtUtc),attempt:Number(t.Attempt),lostCount:Number(t.LostCount),leaseToken:Number(t.LeaseToken),cancelRequested:D(t.CancelRequested),rateSlotAt:ae(t.RateSlotUtc),traceContext:re(G(t.TraceContext)),retryPolicy:re(G(t.RetryPolicy)),series:D(t.IsRecurring)?jm(t):null}}function jm(t){return{schedule:re(G(t.RecurringTask))??"",info:re(G(t.RecurringInfo))??"",anchorAt:q(t.AnchorUtc??t.CreatedAtUtc),maxRuns:rn(t.MaxRuns),runUntil:ae(t.RunUntil),nextRunAt:ae(t.NextRunUtc),runCount:rn(t.CurrentRunCount)??0}}function od(t){return{taskId:Ee(t.QueuedTaskId),updatedAt:q(t.UpdatedAtUtc),newStatus:t.NewStatus,exception:re(G(t.Exception))}}function ud(t){return{taskId:Ee(t.QueuedTaskId),executedAt:q(t.ExecutedAt),executionTimeMs:Number(t.ExecutionTimeMs),status:t.Status,exception:re(G(t.Exception))}}function cd(t){return{taskId:Ee(t.TaskId),loggedAt:q(t.TimestampUtc),level:t.Level,message:re(ke(t.Message)),exception:re(G(t.ExceptionDetails)),run:Number(t.RunNumber),sequence:Number(t.SequenceNumber)}}function dd(t){return{id:$(ke(t.Id)),host:$(ke(t.Host)),startedAt:q(t.StartedUtc),heartbeatAt:q(t.HeartbeatUtc)}}function Ee(t){return String(t).toLowerCase()}function ke(t){return String(t)}function G(t){return t==null?null:String(t)}function rn(t){return t==null?null:Number(t)}function q(t){return t.getTime()}function ae(t){return t==null?null:q(t)}function D(t){return t===!0||t===1}function ld(t,e,s){return Yt(e,({taskId:r})=>r,async r=>{if(r.length===1&&r[0].steps.length===1)return nn(await zm(t,r[0],s));let n={Changes:Jc(r),Steps:Ca(r)};return nn(await t.call("usp_SetTaskStatuses",n,s))})}function hd(t,e,s){return Yt(e,({taskId:r})=>r,async r=>{if(r.length===1&&r[0].steps.length===1)return nn(await Xm(t,r[0],s));let n={Runs:Zc(r),Steps:Ca(r)};return nn(await t.call("usp_UpdateCurrentRuns",n,s))})}function zm(t,e,s){let{status:r,exception:n,agoMs:a}=sn(e),i={TaskId:je(e.taskId),Status:ee(r,L.status),Exception:Wt(b(n)),AuditLevel:he(M(e.auditLevel)),ExecutionTimeMs:ze(e.executionTimeMs??null),AgoMs:te(se(a)),...Ed(e),DueInMs:te(e.dueInMs===void 0?null:se(e.dueInMs)),ReturnAttempt:Ne(e.returnAttempt??!1),RateSlotUtc:Ht(Gt(e.rateSlotAt??null))};return t.call("usp_SetTaskStatus",i,s)}function Xm(t,e,s){let{status:r,exception:n,agoMs:a}=sn(e),i={TaskId:je(e.taskId),ExecutionTimeMs:ze(e.executionTimeMs),NextRunUtc:Ht(Gt(e.nextRunAt)),AuditLevel:he(M(e.auditLevel)),Status:ee(r,L.status),Exception:Wt(b(n)),AgoMs:te(se(a)),...Ed(e),Counts:Ne(e.counts??!0)};return t.call("usp_UpdateCurrentRun",i,s)}function Ed({lease:t}){let e=t===void 0?null:Qt(t.workerId);return{WorkerId:ee(e,L.worker),LeaseToken:te(t===void 0?null:t.token)}}function nn([t]){return t.map(({Applied:e})=>({applied:D(e)}))}var md=`
DECLARE @Version int = 0;
IF OBJECT_ID(N'[EverTask].[SchemaVersions]') IS NOT NULL
    SELECT @Version = MAX([Version]) FROM [EverTask].[SchemaVersions];
SELECT COALESCE(@Version, 0) AS [Version], SYSDATETIMEOFFSET() AS [Now],
    CASE WHEN SERVERPROPERTY('Babelfish') IS NULL THEN 0 ELSE 1 END AS [IsBabelfish],
    ${wa.map(Jm).join(`
    + `)} AS [MissingProcedures];`;function Jm(t){return`CASE WHEN OBJECT_ID(N'[EverTask].[${t}]') IS NULL THEN 1 ELSE 0 END`}var Zm=`
DECLARE @Result int;
EXEC @Result = sp_getapplock @Resource = N'[EverTask].migration', @LockMode = 'Exclusive',
    @LockOwner = 'Transaction', @LockTimeout = 600000;
SELECT @Result AS [Result];`;async function Td(t,e){let s=async()=>{let[n]=await t.query(md);return t.isBabelfish=D(n[0].IsBabelfish),pd(n[0])},r=await s();return Nd(r,e,t.schema),r.complete||(await eT(t),r=await s()),{now:r.now}}function pd({Version:t,Now:e,MissingProcedures:s}){let r=Number(t),n=r===Xe&&Number(s)===0;return{version:r,now:e.getTime(),complete:n}}function Nd({version:t,complete:e},s,r){if(t>Xe)throw new X(t,Xe,`The schema ${r} has version ${t}, but this EverTask knows up to ${Xe}. Update EverTask.`);if(!(s||e))throw new X(t,Xe,`The schema ${r} has version ${t}${t===Xe?", but lacks procedures":""}; this EverTask needs ${Xe}. Open the storage with \`migrate\` on, or run the files of sql/sqlserver/ with sqlcmd.`)}function eT(t){return t.transaction(async e=>{let s=await e.request().batch($t(Zm,t.schema));if(Number(fd(s).Result)<0)throw new y(`Another process has been migrating the schema ${t.schema} for ten minutes.`);let r=pd(fd(await e.request().batch($t(md,t.schema))));if(Nd(r,!0,t.schema),r.complete)return;let n=[...Ra.filter(a=>ga(a)>r.version),...wa.map(a=>`${a}.sql`)];for(let a of n)for(let i of vc(a,t.schema))await e.request().batch(i)})}function fd({recordsets:t}){return t[0][0]}var tT=1e3;async function Ld(t,e,{budget:s,dryRun:r=!1}){let n={statusAudit:0,runsAudit:0,executionLog:0,tasks:0,done:!1,busy:!1},a=Math.max(0,Math.trunc(s));for(;;){let i=await sT(t,e,Math.min(a,tT),r);if(i.busy)return{...n,busy:kd(n)===0};if(n={statusAudit:n.statusAudit+i.statusAudit,runsAudit:n.runsAudit+i.runsAudit,executionLog:n.executionLog+i.executionLog,tasks:n.tasks+i.tasks,done:i.done,busy:!1},a-=kd(i),i.done||a<=0||r)return n}}async function sT(t,e,s,r){let[n]=await t.call("usp_Purge",{StatusAuditDays:ze(e.statusAuditDays??null),RunsAuditDays:ze(e.runsAuditDays??null),ErrorAuditDays:ze(e.errorAuditDays??null),ExecutionLogDays:ze(e.executionLogDays??null),MaxExecutionLogsPerTask:he(e.maxExecutionLogsPerTask??null),DeleteCompletedTasks:Ne(e.deleteCompletedTasksAfterRetention??!1),Limit:he(s),DryRun:Ne(r)}),a=n[0];return{statusAudit:Number(a.StatusAudit),runsAudit:Number(a.RunsAudit),executionLog:Number(a.ExecutionLog),tasks:Number(a.Tasks),done:D(a.Done),busy:D(a.Busy)}}function kd({statusAudit:t,runsAudit:e,executionLog:s,tasks:r}){return t+e+s+r}async function va(t,e){let[s,r]="id"in e?["Id",je(e.id)]:["TaskKey",ee(F(e.taskKey,"taskKey",4e3),4e3)],n=`SELECT ${Da} FROM [EverTask].[QueuedTasks] AS t WHERE t.[${s}] = @Key AND t.[${s}] IS NOT NULL;`,[a]=await t.query(n,{Key:r});return a[0]===void 0?null:Ua(a[0])}async function Ad(t,e,s){let r=Ue(s),n=Dt(s),a=[],i={Rows:he(r+1)},o=(p,x,Le)=>{i[p]=x,a.push(Le)},{statuses:u,types:c,queues:d,recurring:l,createdFrom:E,createdBefore:f}=e;n!==void 0&&o("After",je(n),`t.[IdOrder] < ${rT("@After",t.isBabelfish)}`);let m=(p,x,Le)=>{if(x===void 0)return;let ba=x.map((Wd,Fa)=>(i[`${p}${Fa}`]=ee(F(Wd,"filter",4e3),4e3),`@${p}${Fa}`)),qd=ba.length===0?"NULL":ba.join(", ");a.push(`${Le} COLLATE Latin1_General_BIN2 IN (${qd})`)};m("Status",u,"t.[Status]"),m("Type",c,"t.[Type]"),m("Queue",d,`COALESCE(t.[QueueName], N'${Kt}')`),l!==void 0&&o("Recurring",Ne(l),"t.[IsRecurring] = @Recurring"),E!==void 0&&o("From",Ht(Gt(E)),"t.[CreatedAtUtc] >= @From"),f!==void 0&&o("Before",Ht(Gt(f)),"t.[CreatedAtUtc] < @Before");let T=a.length===0?"":`WHERE ${a.join(" AND ")}`,S=`SELECT TOP (@Rows) ${Da} FROM [EverTask].[QueuedTasks] AS t ${T}
    ORDER BY t.[IdOrder] DESC;`,[N]=await t.query(S,i,!0);return Me(N,r,Ua,p=>Ee(p.Id))}function rT(t,e){return e?`CAST(CAST(${t} AS char(36)) AS binary(36))`:`CONVERT(binary(16), ${[4,3,2,1,6,5,8,7].map(r=>`SUBSTRING(CONVERT(binary(16), ${t}), ${r}, 1)`).join(" + ")} + SUBSTRING(CONVERT(binary(16), ${t}), 9, 8))`}var Sd={table:"StatusAudit",task:"QueuedTaskId",number:"Id",columns:"[UpdatedAtUtc], [NewStatus], [Exception]",toItem:od},_d={table:"RunsAudit",task:"QueuedTaskId",number:"Id",columns:"[ExecutedAt], [ExecutionTimeMs], [Status], [Exception]",toItem:ud},Rd={table:"TaskExecutionLog",task:"TaskId",number:"SequenceNumber",columns:"[TimestampUtc], [Level], [Message], [ExceptionDetails], [SequenceNumber], [RunNumber]",toItem:cd};async function on(t,{table:e,task:s,number:r,columns:n,toItem:a},i,o){let u=Ue(o),c=`SELECT TOP (@Rows) [${r}] AS [Number], [${s}], ${n} FROM [EverTask].[${e}]
    WHERE [${s}] = @TaskId AND [${r}] > @After ORDER BY [${r}];`,d={Rows:he(u+1),TaskId:je(i),After:te(xt(o))},[l]=await t.query(c,d);return Me(l,u,a,E=>String(E.Number))}async function wd(t,e,s,r){let n=`SELECT COUNT(CASE WHEN r.[RunNumber] = @Run THEN 1 END) AS [Lines] FROM (
    SELECT TOP (@Limit) l.[RunNumber] FROM [EverTask].[TaskExecutionLog] AS l
    WHERE l.[TaskId] = @TaskId ORDER BY l.[SequenceNumber] DESC) AS r;`,a={TaskId:je(e),Run:te(s),Limit:te(r)},[i]=await t.query(n,a);return Number(i[0].Lines)}var gd=`
DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
SELECT @Now AS [Now];
SELECT t.[QueueName] AS [QueueName],
    SUM(CASE WHEN t.[DueAtUtc] <= @Now THEN 1 ELSE 0 END) AS [Due],
    SUM(CASE WHEN t.[DueAtUtc] > @Now THEN 1 ELSE 0 END) AS [Scheduled],
    MIN(CASE WHEN t.[DueAtUtc] <= @Now THEN t.[DueAtUtc] END) AS [OldestDueAtUtc]
FROM [EverTask].[QueuedTasks] AS t WHERE t.[DueAtUtc] IS NOT NULL GROUP BY t.[QueueName];
SELECT p.[QueueName] AS [QueueName] FROM [EverTask].[PausedQueues] AS p;`,nT=`${gd}
SELECT t.[QueueName] AS [QueueName], COUNT(*) AS [Claimed]
FROM [EverTask].[QueuedTasks] AS t WHERE t.[WorkerId] IS NOT NULL GROUP BY t.[QueueName];
SELECT t.[Status] AS [Status], COUNT_BIG(*) AS [Tasks] FROM [EverTask].[QueuedTasks] AS t GROUP BY t.[Status];`;async function Od(t){let[e,s,r]=await t.query(gd,{},!0),n=Id(s,r);return{now:q(e[0].Now),queues:[...n.values()]}}async function yd(t){let[e,s,r,n,a]=await t.query(nT,{},!0),i=Object.fromEntries(De.map(d=>[d,0]));for(let{Status:d,Tasks:l}of a)i[d]=Number(l);let o=Id(s,r),u=new Map(n.map(d=>[an(d),Number(d.Claimed)])),c=[...new Set([...o.keys(),...u.keys()])].map(d=>({...o.get(d)??Cd(d,!1),claimed:u.get(d)??0}));return{now:q(e[0].Now),tasksByStatus:i,queues:c}}function Id(t,e){let s=new Map;for(let r of e)s.set(an(r),Cd(an(r),!0));for(let r of t){let n=an(r);s.set(n,{queue:n,paused:s.has(n),due:Number(r.Due),scheduled:Number(r.Scheduled),oldestDueAt:ae(r.OldestDueAtUtc)})}return s}function Cd(t,e){return{queue:t,paused:e,due:0,scheduled:0,oldestDueAt:null}}function an({QueueName:t}){return $(G(t))??Kt}var xd=[["StatusAudit","UpdatedAtUtc"],["RunsAudit","ExecutedAt"],["TaskExecutionLog","TimestampUtc"]],aT=xd.map(([t,e])=>`SELECT COUNT_BIG(*) AS [Rows], MIN([${e}]) AS [First], MAX([${e}]) AS [Last] FROM [EverTask].[${t}];`).join(`
`),iT=864e5;async function Dd(t){let e=await t.query(aT,{},!0);return xd.map(([s],r)=>{let n=e[r][0],a=Number(n.Rows),i=ae(n.First),o=ae(n.Last),u=Math.floor(((o??0)-(i??0))/iT),c=u<1?null:a/u;return{table:s,rows:a,firstAt:i,lastAt:o,averageRowsPerDay:c}})}function Et(t){return ee(Qt(t),L.worker)}async function Ud(t,{id:e,host:s}){let r=F(s,"host",L.host),n={WorkerId:Et(e),Host:ee(r,L.host)};await t.call("usp_RegisterWorker",n)}async function Md(t,e,s){let r={WorkerId:Et(e),LeaseMs:te(se(s))},[n,a,i]=await t.call("usp_Heartbeat",r),{Now:o,Alive:u,OthersLost:c}=n[0];return{now:q(o),alive:D(u),cancelRequests:a.map(({TaskId:d})=>Ee(d)),pausedQueues:i.map(({QueueName:d})=>$(ke(d))),othersLost:D(c)}}async function vd(t,e){await t.call("usp_UnregisterWorker",{WorkerId:Et(e)})}async function bd(t,{leaseMs:e,poisonLimit:s,lostReason:r,poisonReason:n}){let[a]=await t.call("usp_ReleaseLost",{LeaseMs:te(se(e)),PoisonLimit:he(s),LostReason:Wt(b(r)),PoisonReason:Wt(b(n))});return a.map(i=>({taskId:Ee(i.TaskId),type:$(ke(i.Type)),queue:$(G(i.QueueName))??Kt,workerId:$(ke(i.WorkerId)),lostCount:Number(i.LostCount),poisoned:D(i.Poisoned)}))}async function Fd(t){let[e]=await t.query("SELECT [Id], [Host], [StartedUtc], [HeartbeatUtc] FROM [EverTask].[Workers] ORDER BY [StartedUtc], [Id];");return e.map(dd)}var un=class{name="sqlserver";polling;#e;#t;#s=null;constructor(e,s,r){this.#e=e,this.#t=s,this.polling=r}async open(){let e=this.#s??=this.#r();try{return await e}catch(s){throw this.#s===e&&(this.#s=null),s}}async close(){let e=this.#s;this.#s=null,await e?.catch(()=>{}),await this.#e.close()}async persist(...[e,s]){if(e.length===0)return[];let r={Tasks:Vc(e)},[n]=await this.#e.call("usp_PersistTasks",r,s?.connection);return n.map(({Id:a,Outcome:i,Claimed:o})=>({id:Ee(a),outcome:i,claimed:D(o)}))}async claim(...[e]){let{workerId:s,types:r,queues:n}=e,a={WorkerId:Et(s),Types:ya(r),Queues:Ia(n)},[i,o]=await this.#e.call("usp_ClaimTasks",a),{Now:u,Known:c}=i[0];if(!D(c))throw new ue(s);return{now:q(u),tasks:o.map(ad)}}setStatus(...e){return gt(this,...e)}setStatusMany(...[e,s]){return ld(this.#e,e,s?.connection)}updateCurrentRun(...e){return Ot(this,...e)}updateCurrentRunMany(...[e,s]){return hd(this.#e,e,s?.connection)}requestCancel(...[e]){return Yt(e,s=>s,async s=>{let r={TaskIds:tn(s)},[n]=await this.#e.call("usp_RequestCancel",r);return n.map(({Outcome:a})=>a)})}async release(...[e,s]){if(s.length===0)return;let r=ed(xa(s,({taskId:a})=>a)),n={WorkerId:Et(e),Tasks:r};await this.#e.call("usp_ReleaseTasks",n)}async releaseUnknown(...[e,s]){let r={WorkerId:Et(e),Known:tn(s)},[n]=await this.#e.call("usp_ReleaseUnknown",r);return Number(n[0].Released)}makeDue(...[e]){return Yt(e,s=>s,async s=>{let r={TaskIds:tn(s)},[n]=await this.#e.call("usp_MakeDue",r);return n.map(({Due:a})=>D(a))})}async nextDueAt(...[e,s]){if(e.length===0||s.length===0)return null;let[r]=await this.#e.call("usp_NextDueAt",{Queues:Ia(e.map(n=>({name:n}))),Types:ya(s)});return ae(r[0].DueAtUtc)}onWake(){return()=>{}}registerWorker(...[e]){return Ud(this.#e,e)}heartbeat(...[e,s]){return Md(this.#e,e,s)}unregisterWorker(...[e]){return vd(this.#e,e)}releaseLost(...[e]){return bd(this.#e,e)}async setQueuePaused(...[e,s]){let r=F(e,"queue",L.queue),n={QueueName:ee(r,L.queue),Paused:Ne(s)};await this.#e.call("usp_SetQueuePaused",n)}async takeRateSlots(...[e]){let s={Requests:sd(e)},[r,n]=await this.#e.call("usp_TakeRateSlots",s);return{now:Number(r[0].NowMs),slots:n.map(({SlotMs:a,Granted:i})=>({slotAt:Number(a),granted:D(i)}))}}get(...[e]){return va(this.#e,{id:e})}getByTaskKey(...[e]){return va(this.#e,{taskKey:e})}list(...[e={},s={}]){return Ad(this.#e,e,s)}statusAudit(...[e,s={}]){return on(this.#e,Sd,e,s)}runsAudit(...[e,s={}]){return on(this.#e,_d,e,s)}executionLogs(...[e,s={}]){return on(this.#e,Rd,e,s)}countExecutionLogs(...[e,s,r]){return wd(this.#e,e,s,r)}workers(){return Fd(this.#e)}backlog(){return Od(this.#e)}statistics(){return yd(this.#e)}auditGrowth(){return Dd(this.#e)}async saveExecutionLogs(...[e]){if(e.length===0)return;let s={Lines:td(e)};await this.#e.call("usp_SaveExecutionLogs",s)}purge(e,s){return Ld(this.#e,e,s)}async#r(){try{return await this.#e.connect(),await Td(this.#e,this.#t)}catch(e){throw await this.#e.close(),e}}};function cT(t){let{connection:e,schema:s,migrate:r,polling:n}=Wc(t);return new un(new Zr(e,s),r,n)}export{ho as createEverTask,zi as defineTask,kE as postgresStorage,cT as sqlServerStorage,Am as sqliteStorage};
