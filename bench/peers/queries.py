#!/usr/bin/env python3
"""Side-by-side product-analytics queries. usage: peer_queries.py ENGINE DATADIR [layout=user|time] [runs=3] [threads=1] [native=0|1]
ENGINE: chdb | duckdb | polars | datafusion. native=1 loads the engine's own table first; CHDB_IN_ORDER=1 lets ClickHouse aggregate in key order.
Prints per query: best wall s, best CPU s (user+sys), result hash."""
import sys,time,resource,hashlib,os,json
eng,dirn=sys.argv[1],sys.argv[2]; lay=sys.argv[3] if len(sys.argv)>3 else "user"
runs=int(sys.argv[4]) if len(sys.argv)>4 else 3; T=int(sys.argv[5]) if len(sys.argv)>5 else 1
native=len(sys.argv)>6 and sys.argv[6]!="0"; only=sys.argv[7].split(",") if len(sys.argv)>7 else None
os.environ["POLARS_MAX_THREADS"]=str(T)
F=f"{dirn}/events_{lay}.parquet"; S=["page_view","search","product_view","add_to_cart","purchase"]; W=7*86400*1000
ID0=1_767_225_600_000
def norm(rows): return hashlib.sha256(json.dumps(sorted([[str(c) for c in r] for r in rows])).encode()).hexdigest()[:12],len(rows)
Q={}
inl="("+",".join(f"'{s}'" for s in S)+")"
def sqlfun(msf):  # generic SQL: chain of running maxima, exactly windowFunnel(default) semantics
    inner=f"select user_id,{msf} t,event,country from ev where event in {inl}"
    inner=f"select *, max(case when event='{S[0]}' then t end) over w t1 from ({inner}) a window w as (partition by user_id order by t rows unbounded preceding)"
    for k in range(2,6):
        inner=f"select *, max(case when event='{S[k-1]}' and t-t{k-1}<={W} then t{k-1} end) over w t{k} from ({inner}) a{k} window w as (partition by user_id order by t rows unbounded preceding)"
    return inner
if eng=="chdb":
    import chdb
    from chdb import session
    import shutil
    p=f"{dirn}/chdb_{lay}_{'native' if native else 'file'}"; fresh=not os.path.exists(p); s=session.Session(p)
    src=f"file('{F}',Parquet)"
    if native:
        src="db.ev"
        if fresh or "--reload" in sys.argv:
            c0=time.time(); r0=resource.getrusage(resource.RUSAGE_SELF)
            order={"user":"(user_id,ts)","time":"(toDate(ts),event,cityHash64(user_id))"}[lay]
            s.query("create database if not exists db engine=Atomic")
            s.query(f"create table db.ev(user_id UInt64 CODEC(Delta,ZSTD(1)),ts DateTime64(3,'UTC') CODEC(Delta,ZSTD(1)),event LowCardinality(String) CODEC(ZSTD(1)),country LowCardinality(String) CODEC(ZSTD(1)),device LowCardinality(String) CODEC(ZSTD(1)),amount Float32 CODEC(ZSTD(1))) engine=MergeTree order by {order}")
            s.query(f"insert into db.ev select user_id,ts,event,country,device,amount from file('{F}',Parquet,'user_id Int64, ts DateTime64(3,\\'UTC\\'), event String, country String, device String, amount Float32') settings max_threads={T}")
            s.query("optimize table db.ev final")
            r1=resource.getrusage(resource.RUSAGE_SELF)
            print("load",round(time.time()-c0,2),"cpu",round(r1.ru_utime+r1.ru_stime-r0.ru_utime-r0.ru_stime,2),flush=True)
            print(s.query("select table, formatReadableSize(sum(bytes_on_disk)) from system.parts where active and database='db' group by 1"))
    def q(sql):
        r=s.query(sql.replace("ev ",src+" ").replace("FROM_EV",src)+f" settings max_threads={T}, optimize_aggregation_in_order={int(os.environ.get('CHDB_IN_ORDER','0'))}","JSONCompact")
        return json.loads(str(r))["data"]
    ms="toUnixTimestamp64Milli(ts)"
    wf=f"windowFunnel({W})({ms}::UInt64,"+",".join(f"event='{x}'" for x in S)+")"
    Q["funnel5"]=lambda:q(f"select c,lvl,count() from (select {wf} lvl, argMinIf(country,ts,event='{S[0]}') c from ev where event in {inl} group by user_id) where lvl>0 group by c,lvl")
    Q["retention8w"]=lambda:q(f"select fw,w,count() from (select min(intDiv({ms}-{ID0},604800000)) fw, groupBitOr(bitShiftLeft(1::UInt64,intDiv({ms}-{ID0},604800000))) m from ev group by user_id) array join range(9) as w where bitTest(m,w) and w>=fw group by fw,w")
    Q["daily_uniq"]=lambda:q(f"select intDiv({ms}-{ID0},86400000) d,event,uniqExact(user_id) from ev group by d,event")
    Q["paths3"]=lambda:q(f"select a,b,c,count() n from (select arraySort(groupArray(({ms},event))) es from ev group by user_id) array join arrayMap(i->tuple(es[i].2,es[i+1].2,es[i+2].2),range(1,greatest(1,length(es)-1))) as tt, tt.1 as a, tt.2 as b, tt.3 as c group by a,b,c order by n desc, a,b,c limit 20".replace("array join arrayMap(i->tuple(es[i].2,es[i+1].2,es[i+2].2),range(1,greatest(1,length(es)-1))) as tt, tt.1 as a, tt.2 as b, tt.3 as c","").replace("select a,b,c,count() n from (select arraySort","select tt.1 a,tt.2 b,tt.3 c,count() n from (select arrayJoin(arrayMap(i->tuple(es[i],es[i+1],es[i+2]),range(1,greatest(1,length(es)-1)))) tt from (select arrayMap(x->x.2,arraySort").replace("groupArray((toUnixTimestamp64Milli(ts),event))) es from","groupArray((toUnixTimestamp64Milli(ts),event)))) es from").replace("group by user_id) ","group by user_id)) ",1))
    Q["cohort"]=lambda:q(f"select count() from (select countIf(event='add_to_cart') a,countIf(event='purchase') p from ev where {ms}>={ID0+30*86400000} and event in ('add_to_cart','purchase') group by user_id) where a>=3 and p=0")
    Q["trend"]=lambda:q(f"select intDiv({ms}-{ID0},86400000) d,country,count(),toString(sum(toInt64(round(toFloat64(amount)*100)))) from ev where event='purchase' group by d,country")
elif eng in("duckdb","datafusion"):
    if eng=="duckdb":
        import duckdb
        con=duckdb.connect(f"{dirn}/duck_{lay}.db" if native else ":memory:"); con.execute(f"set threads={T}")
        if native:
            if not con.execute("select count(*) from duckdb_tables() where table_name='ev'").fetchone()[0]:
                c0=time.time(); con.execute(f"create table ev as select * from '{F}'"); con.execute("checkpoint"); print("load",round(time.time()-c0,2),os.path.getsize(f"{dirn}/duck_{lay}.db"))
        else: con.execute(f"create view ev as select * from '{F}'")
        q=lambda x:con.execute(x).fetchall(); ms="epoch_ms(ts)"; div="//"; argmin=f"arg_min(country,t) filter (where event='{S[0]}')"
    else:
        import datafusion
        ctx=datafusion.SessionContext(datafusion.SessionConfig().with_target_partitions(T)); ctx.register_parquet("ev",F)
        def q(x):
            out=[]
            for b in ctx.sql(x).collect(): out+= [list(r.values()) for r in b.to_pylist()]
            return out
        ms="(arrow_cast(ts,'Int64'))"; div="/"; argmin=f"first_value(country order by t) filter (where event='{S[0]}')"
    Q["funnel5"]=lambda:q(f"select c,lvl,count(*) from (select user_id,max(case when t5 is not null then 5 when t4 is not null then 4 when t3 is not null then 3 when t2 is not null then 2 when t1 is not null then 1 else 0 end) lvl, {argmin} c from ({sqlfun(ms)}) z group by user_id) y where lvl>0 group by c,lvl")
    Q["retention8w"]=lambda:q(f"select fw,w,count(*) from (select user_id,min(({ms}-{ID0}){div}604800000) fw, bit_or(cast(1 as bigint)<<cast(({ms}-{ID0}){div}604800000 as {'integer' if eng=='duckdb' else 'bigint'})) m from ev group by user_id) a cross join (values {','.join(f'({i})' for i in range(9))}) v(w) where (m>>w)&1=1 and w>=fw group by fw,w")
    Q["daily_uniq"]=lambda:q(f"select ({ms}-{ID0}){div}86400000 d,event,count(distinct user_id) from ev group by 1,2")
    Q["paths3"]=lambda:q(f"select a,b,c,count(*) n from (select event a,lead(event,1) over w b,lead(event,2) over w c from ev window w as (partition by user_id order by {ms},event)) where c is not null group by a,b,c order by n desc,a,b,c limit 20")
    Q["cohort"]=lambda:q(f"select count(*) from (select user_id,count(*) filter (where event='add_to_cart') a,count(*) filter (where event='purchase') p from ev where {ms}>={ID0+30*86400000} and event in ('add_to_cart','purchase') group by user_id) where a>=3 and p=0")
    Q["trend"]=lambda:q(f"select ({ms}-{ID0}){div}86400000 d,country,count(*),sum(cast(round(cast(amount as double)*100) as bigint)) from ev where event='purchase' group by 1,2")
elif eng=="polars":
    import polars as pl
    lf=lambda:pl.scan_parquet(F); c=pl.col; ms=c("ts").cast(pl.Int64)
    rows=lambda x:x.collect(engine="streaming").rows()
    def fun():
        x=lf().filter(c("event").is_in(S)).select("user_id",ms.alias("t"),"event","country").sort("user_id","t")
        x=x.with_columns(pl.when(c("event")==S[0]).then(c("t")).cum_max().over("user_id").alias("m1"))
        x=x.with_columns(c("m1").forward_fill().over("user_id").alias("t1"))
        for k in range(2,6):
            x=x.with_columns(pl.when((c("event")==S[k-1])&(c("t")-c(f"t{k-1}")<=W)).then(c(f"t{k-1}")).cum_max().over("user_id").forward_fill().over("user_id").alias(f"t{k}"))
        x=x.group_by("user_id").agg(lvl=pl.max_horizontal(*[pl.when(c(f"t{k}").is_not_null().any()).then(k).otherwise(0) for k in range(1,6)]),c=c("country").filter(c("event")==S[0]).first())
        return rows(x.filter(c("lvl")>0).group_by("c","lvl").len())
    Q["funnel5"]=fun
    wk=((ms-ID0)//604800000)
    Q["retention8w"]=lambda:rows(lf().select("user_id",w=wk).group_by("user_id").agg(fw=c("w").min(),w=c("w").unique()).explode("w").group_by("fw","w").len())
    Q["daily_uniq"]=lambda:rows(lf().select(d=(ms-ID0)//86400000,e=c("event"),u=c("user_id")).group_by("d","e").agg(c("u").n_unique()))
    Q["paths3"]=lambda:rows(lf().select("user_id",t=ms,a=c("event").cast(pl.String)).sort("user_id","t","a").select(c("user_id"),c("a"),b=c("a").shift(-1),c=c("a").shift(-2),u2=c("user_id").shift(-2)).filter(c("user_id")==c("u2")).group_by("a","b","c").len().sort(["len","a","b","c"],descending=[True,False,False,False]).head(20))
    Q["cohort"]=lambda:rows(lf().filter((ms>=ID0+30*86400000)&c("event").is_in(["add_to_cart","purchase"])).group_by("user_id").agg(a=(c("event")=="add_to_cart").sum(),p=(c("event")=="purchase").sum()).filter((c("a")>=3)&(c("p")==0)).select(pl.len()))
    Q["trend"]=lambda:rows(lf().filter(c("event")=="purchase").group_by(d=(ms-ID0)//86400000,country=c("country")).agg(n=pl.len(),a=(c("amount").cast(pl.Float64)*100).round(0).cast(pl.Int64).sum()))
cpu=lambda:(lambda r:r.ru_utime+r.ru_stime)(resource.getrusage(resource.RUSAGE_SELF))
for k,f in Q.items():
    if only and k not in only: continue
    bw=bc=1e9; h=None
    try:
        for _ in range(runs):
            t,c0=time.time(),cpu(); r=f(); bw=min(bw,time.time()-t); bc=min(bc,cpu()-c0)
        h=norm(r)
        print(f"{eng:10s} {lay} native={int(native)} T={T} {k:12s} wall={bw:7.3f} cpu={bc:7.3f} {h} maxrss={resource.getrusage(resource.RUSAGE_SELF).ru_maxrss//1024}MB",flush=True)
    except Exception as e: print(eng,k,"ERR",str(e)[:300],flush=True)
