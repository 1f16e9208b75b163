-- Rows made, indexed, joined, grouped and changed.
create table item(id integer primary key, kind integer, name text, price real);
create table kind(id integer primary key, label text);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 97)
insert into kind select i, 'kind ' || i from n;
with recursive n(i, s) as (select 1, 12345 union all select i + 1, (s * 1103515245 + 12345) & 2147483647 from n where i < 120000)
insert into item select i, s % 97 + 1, printf('item-%05x', s % 65521), (s % 10007) / 7.0 from n;
create index item_kind on item(kind, price);
create index item_name on item(name);
select label, count(*), round(sum(price), 3), max(name) from item join kind on kind.id = item.kind group by kind order by 3 desc limit 5;
select count(*) from item a join item b on a.name = b.name and a.id < b.id;
update item set price = price * 1.01 where kind % 3 = 0;
delete from item where name like 'item-%7';
select name, count(*) c from item group by name having c > 1 order by c desc, name limit 5;
select round(avg(price), 6), count(distinct name) from item;
select kind, round(total, 3) from (select kind, sum(price) over (partition by kind order by id) total, row_number() over (partition by kind order by id desc) r from item) where r = 1 order by kind limit 5;
