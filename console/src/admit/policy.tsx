// What data may be used for: the purposes of the catalogue, and what each rests on for somebody.

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import * as ask from '../api/ask';
import { Failure, PageHead, Section, Waiting } from '../parts/page';
import { VisitorPanel } from './visitor';

export default function Policy() {
  return (
    <>
      <PageHead
        title="Policy & Consent"
        lead="Every use of a datum has a purpose. An event is kept only for purposes that are open."
      >
        <Link to="/catalogue" className="press">
          What is collected
        </Link>
      </PageHead>
      <VisitorPanel />
      <Purposes />
    </>
  );
}

function Purposes() {
  const purposes = useQuery(ask.purposes());
  return (
    <Section
      title="Purposes"
      lead="Numbers are permanent. A person says yes or no to a purpose by its name."
    >
      {purposes.isPending && <Waiting label="Reading the purposes" />}
      {purposes.error && (
        <Failure error={purposes.error} retry={() => void purposes.refetch()} />
      )}
      <ul className="-mr-px -mb-px grid border-t border-line sm:grid-cols-2 xl:grid-cols-3">
        {purposes.data?.map((purpose) => (
          <li key={purpose.number} className="border-r border-b border-line px-5 py-3.5">
            <p className="flex items-baseline gap-2">
              <span className="font-medium">{purpose.title}</span>
              <span className="ml-auto text-xs text-soft tabular-nums">{purpose.number}</span>
            </p>
            <p className="mt-0.5 text-sm text-soft">{purpose.description}</p>
            <code className="font-mono text-xs text-soft">{purpose.name}</code>
          </li>
        ))}
      </ul>
    </Section>
  );
}
